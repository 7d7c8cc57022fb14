import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { monotonicMs } from '../clock.js';
import { isTrouble, KernelLogClassifier, type KernelReport } from './log.js';
import type { OwnReport, ReportWatch } from './watch.js';
import { Tally } from '../tally.js';

const READ_BYTES = 64 * 1024;
const REMEMBERED = 8;
/** What the kernel puts before a line on the console: the time, and perhaps the task or CPU. */
const PREFIX = /^\[\s*\d+\.\d+\](\[\s*[TC]\d+\])? /;

/** Lines of a dead machine's console that are looked at, and how many are shown. */
const LAST_LINES = 200;
const SHOWN_LINES = 40;

function withoutPrefix(line: string): string {
  return line.trimEnd().replace(PREFIX, '');
}

/**
 * The end of a console: from the report of the trouble on, where there is one.
 *
 * @returns nothing, where the target has no console of its own.
 */
export function lastWords(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const lines = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-LAST_LINES);
  const trouble = lines.findIndex((line) => isTrouble(withoutPrefix(line)));
  return trouble < 0 ? lines.slice(-SHOWN_LINES) : lines.slice(trouble, trouble + SHOWN_LINES);
}

/** One console, read from where it was left. */
class Console {
  private readonly classifier = new KernelLogClassifier();
  private offset = 0;
  private rest = '';

  constructor(private readonly path: string) {}

  poll(nowMs: number): KernelReport[] {
    const lines = (this.rest + this.read()).split('\n');
    this.rest = lines.pop() ?? '';
    const reports = lines.map((line) => this.classifier.feed(`;${withoutPrefix(line)}`, nowMs));
    return [...reports, this.classifier.poll(nowMs)].filter((report) => report !== undefined);
  }

  close(nowMs: number): KernelReport[] {
    return [...this.poll(nowMs), this.classifier.close()].filter((report) => report !== undefined);
  }

  /** Nothing, as long as there is no console. */
  private read(): string {
    let handle: number;
    try {
      handle = openSync(this.path, 'r');
    } catch {
      return '';
    }
    try {
      const bytes = Buffer.alloc(READ_BYTES);
      const length = readSync(handle, bytes, 0, READ_BYTES, this.offset);
      this.offset += length;
      return bytes.toString('utf8', 0, length);
    } finally {
      closeSync(handle);
    }
  }
}

/** Watches the consoles of machines that each belong to one worker. */
export class ConsoleWatch implements ReportWatch {
  readonly problem = undefined;
  readonly unattributed = new Tally(1);
  private readonly consoles = new Map<number, Console>();
  private readonly recent: OwnReport[] = [];
  private queue: OwnReport[] = [];

  /** @param consoleOf the console's file of a worker's machine. */
  constructor(private readonly consoleOf: (pid: number) => string | undefined) {}

  poll(pids: readonly number[]): void {
    const now = monotonicMs();
    for (const pid of pids) this.note(pid, this.consoleFor(pid)?.poll(now) ?? []);
    for (const [pid, console] of this.consoles) {
      if (pids.includes(pid)) continue;
      // What the death of the worker has to say is said by then.
      console.close(now);
      this.consoles.delete(pid);
    }
  }

  take(): OwnReport[] {
    const { queue } = this;
    this.queue = [];
    return queue;
  }

  /** The last lines of the console are with the death already: these are the reports before it. */
  linesAbout(pid: number): readonly string[] {
    return this.recent.filter((own) => own.pid === pid).flatMap(({ report }) => report.lines);
  }

  close(): void {
    for (const [pid, console] of this.consoles) this.note(pid, console.close(monotonicMs()));
    this.consoles.clear();
  }

  private consoleFor(pid: number): Console | undefined {
    const known = this.consoles.get(pid);
    if (known !== undefined) return known;
    const path = this.consoleOf(pid);
    if (path === undefined) return undefined;
    const console = new Console(path);
    this.consoles.set(pid, console);
    return console;
  }

  private note(pid: number, reports: readonly KernelReport[]): void {
    for (const report of reports) {
      const own = { report, pid };
      this.queue.push(own);
      this.recent.push(own);
      if (this.recent.length > REMEMBERED) this.recent.shift();
    }
  }
}
