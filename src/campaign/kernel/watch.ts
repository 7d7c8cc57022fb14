import { readdirSync } from 'node:fs';
import { KernelLog, type KernelReport, TaskOwners } from './log.js';
import { Tally } from '../tally.js';

const REMEMBERED = 8;

/** A report about a thread of one of the campaign's workers. */
export interface OwnReport {
  readonly report: KernelReport;
  readonly pid: number;
}

/** Whatever tells of trouble in the kernel that executes the scenarios. */
export interface ReportWatch {
  /** Why it cannot be read, in one sentence. */
  readonly problem: string | undefined;
  /** First lines of reports about somebody else. */
  readonly unattributed: Tally;
  /** Reads what is new. `pids` are the living workers. */
  poll(pids: readonly number[]): void;
  /** The reports about workers since the last call. */
  take(): OwnReport[];
  /** Lines of the last reports about a worker. */
  linesAbout(pid: number): readonly string[];
  close(): void;
}

/** A kernel whose log cannot be seen from here. */
export class NoWatch implements ReportWatch {
  readonly unattributed = new Tally(1);

  constructor(readonly problem: string) {}

  poll(): void {
    // There is nothing to read.
  }

  take(): OwnReport[] {
    return [];
  }

  linesAbout(): readonly string[] {
    return [];
  }

  close(): void {
    // Nothing is open.
  }
}

/** Sorts the reports of this machine's kernel log into those about the campaign's workers and all others. */
export class KernelWatch implements ReportWatch {
  private readonly owners = new TaskOwners(tasksOf);
  private readonly recent: OwnReport[] = [];
  private queue: OwnReport[] = [];
  /** First lines of reports about somebody else. */
  readonly unattributed = new Tally(64);

  constructor(private readonly log = new KernelLog()) {}

  /** Why the log cannot be read. */
  get problem(): string | undefined {
    return this.log.problem;
  }

  /** Reads what is new. */
  poll(pids: readonly number[]): void {
    this.owners.sample(pids);
    for (const report of this.log.poll()) this.sort(report);
  }

  /** The reports about workers since the last call. */
  take(): OwnReport[] {
    const { queue } = this;
    this.queue = [];
    return queue;
  }

  /** Lines of the last reports about a worker. */
  linesAbout(pid: number): readonly string[] {
    for (const report of this.log.poll()) this.sort(report);
    return this.recent.filter((own) => own.pid === pid).flatMap(({ report }) => report.lines);
  }

  close(): void {
    for (const report of this.log.close()) this.sort(report);
  }

  private sort(report: KernelReport): void {
    const pid = this.owners.ownerOf(report.tid);
    if (pid === undefined) {
      this.unattributed.add(report.lines[0] ?? '');
      return;
    }
    const own = { report, pid };
    this.queue.push(own);
    this.recent.push(own);
    if (this.recent.length > REMEMBERED) this.recent.shift();
  }
}

function tasksOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
