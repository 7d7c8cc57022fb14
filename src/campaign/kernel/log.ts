import { readFileSync } from 'node:fs';
import { monotonicMs } from '../clock.js';
import { Kmsg } from './kmsg.js';

/** A report ends after this long without a line, in milliseconds, or after so many lines. */
export const REPORT_MS = 400;
const REPORT_LINES = 80;
const MAX_TASKS = 65_536;

/** First lines of reports of a kernel that is in trouble. */
const TROUBLE: readonly RegExp[] = [
  /^WARNING: /,
  /\bBUG: /,
  /\bkernel BUG at\b/,
  /\bK[AC]SAN: |\bKFENCE: |\bUBSAN: /,
  /\bpossible (?:circular|recursive|irq) lock/i,
  /\brcu: INFO: .*stall/,
  // Of the kernel itself: `traps: comm[pid] general protection fault ip:…` is about a process.
  /^(?:Oops: )?general protection fault\b/,
  /\bOops: /,
  /\bUnable to handle kernel\b/,
  /\bINFO: task \S+ blocked for more than\b/,
  /\bKernel panic\b/,
];

/** Lines that look like trouble, or come in floods, and mean nothing. */
const NOISE: readonly RegExp[] = [
  // This module prints one for every KVM_EXIT_INTERNAL_ERROR, an exit that scenarios cause on purpose.
  /^kvm-pvm: INTERNAL_ERROR\b/,
];

/** Whether a line of the kernel is the first of a report of trouble. */
export function isTrouble(line: string): boolean {
  return TROUBLE.some((trouble) => trouble.test(line));
}

/** The ways in which reports name the task they are about. */
const TASK: readonly RegExp[] = [
  /^WARNING: CPU: \d+ PID: (?<tid>\d+) at\b/,
  /\bPID: (?<tid>\d+)\b.*?\bComm: (?<comm>\S+)/,
  /\bCPU#\d+: (?<comm>[^/\s]+)\/(?<tid>\d+)/,
  /\btask (?<comm>[^:\s]+):(?<tid>\d+) blocked\b/,
  /\bby task (?<comm>[^/\s]+)\/(?<tid>\d+)/,
  /^(?<comm>[^/\s]+)\/(?<tid>\d+) is trying to\b/,
  /^task:(?<comm>\S+)\s.*\bpid:(?<tid>\d+)\b/,
  // At the end of the line: soft lockups.
  /\[(?<comm>[^\][:\s]+):(?<tid>\d+)\]$/,
];

/** A report of the kernel, from its first line on. */
export interface KernelReport {
  readonly lines: readonly string[];
  /** Thread that the report is about, when it says so. */
  readonly tid: number | undefined;
  readonly comm: string | undefined;
  /** When the first line was read, by {@link monotonicMs}. */
  readonly seenMs: number;
}

interface OpenReport {
  readonly lines: string[];
  readonly caller: number | undefined;
  readonly seenMs: number;
  lastMs: number;
}

/** Finds the reports in the records of the kernel log. Pure: time is handed in. */
export class KernelLogClassifier {
  private open: OpenReport | undefined;

  /** @param record one record of /dev/kmsg: `priority,sequence,time,flags[,caller=T<tid>];text`. */
  feed(record: string, nowMs: number): KernelReport | undefined {
    const semicolon = record.indexOf(';');
    if (semicolon < 0) return undefined;
    const line = record.slice(semicolon + 1).split('\n', 1)[0] ?? '';
    if (NOISE.some((noise) => noise.test(line))) return undefined;
    const ended = this.poll(nowMs) ?? this.endedBy(line);
    if (this.open !== undefined) {
      this.open.lines.push(line);
      this.open.lastMs = nowMs;
      return line.includes('---[ end trace') || this.open.lines.length >= REPORT_LINES ? this.close() : undefined;
    }
    const caller = callerOf(record.slice(0, semicolon));
    if (isTrouble(line)) this.open = { lines: [line], caller, seenMs: nowMs, lastMs: nowMs };
    return ended;
  }

  /** The open report, when the line begins one about another task. */
  private endedBy(line: string): KernelReport | undefined {
    const tid = isTrouble(line) ? taskOf(line)?.tid : undefined;
    const own = this.open?.lines.flatMap((earlier) => taskOf(earlier) ?? [])[0]?.tid;
    return tid !== undefined && own !== undefined && tid !== own ? this.close() : undefined;
  }

  /** The open report, when nothing has been added to it for a while. */
  poll(nowMs: number): KernelReport | undefined {
    return this.open !== undefined && nowMs - this.open.lastMs > REPORT_MS ? this.close() : undefined;
  }

  /** The open report, whatever its age. */
  close(): KernelReport | undefined {
    const { open } = this;
    this.open = undefined;
    if (open === undefined) return undefined;
    const tasks = open.lines.flatMap((line) => taskOf(line) ?? []);
    const task = tasks.find(({ comm }) => comm !== undefined) ?? tasks[0];
    const { lines, seenMs } = open;
    return { lines, tid: task?.tid ?? open.caller, comm: task?.comm, seenMs };
  }
}

function callerOf(prefix: string): number | undefined {
  const [, tid] = /\bcaller=T(\d+)/.exec(prefix) ?? [];
  return tid === undefined ? undefined : Number(tid);
}

function taskOf(line: string): { tid: number; comm: string | undefined } | undefined {
  for (const pattern of TASK) {
    const groups = pattern.exec(line)?.groups;
    if (groups?.['tid'] !== undefined) return { tid: Number(groups['tid']), comm: groups['comm'] };
  }
  return undefined;
}

/** Follows the kernel log from now on. */
export class KernelLog {
  private readonly classifier = new KernelLogClassifier();

  constructor(private readonly log = new Kmsg()) {}

  /** Why the log cannot be read, in one sentence. */
  get problem(): string | undefined {
    return this.log.problem;
  }

  /** Reports that are complete by now. */
  poll(): KernelReport[] {
    const reports: KernelReport[] = [];
    for (let record = this.log.read(); record !== undefined; record = this.log.read()) {
      const report = this.classifier.feed(record, monotonicMs());
      if (report !== undefined) reports.push(report);
    }
    const ended = this.classifier.poll(monotonicMs());
    return ended === undefined ? reports : [...reports, ended];
  }

  /** The last reports. */
  close(): KernelReport[] {
    const reports = this.poll();
    const last = this.classifier.close();
    this.log.close();
    return last === undefined ? reports : [...reports, last];
  }
}

/** Knows which threads belong to which worker, also for a while after they ended. */
export class TaskOwners {
  private readonly owners = new Map<number, number>();

  /** @param listTasks thread ids of a process. */
  constructor(private readonly listTasks: (pid: number) => readonly number[]) {}

  sample(pids: readonly number[]): void {
    for (const pid of pids) {
      for (const tid of [pid, ...this.listTasks(pid)]) {
        this.owners.delete(tid);
        this.owners.set(tid, pid);
      }
    }
    for (const tid of this.owners.keys()) {
      if (this.owners.size <= MAX_TASKS) break;
      this.owners.delete(tid);
    }
  }

  /** The worker whose thread this is or was. */
  ownerOf(tid: number | undefined): number | undefined {
    if (tid === undefined) return undefined;
    const known = this.owners.get(tid);
    if (known !== undefined) return known;
    const tgid = threadGroupOf(tid);
    return tgid === undefined ? undefined : this.owners.get(tgid);
  }
}

function threadGroupOf(tid: number): number | undefined {
  try {
    const [, tgid] = /^Tgid:\s+(\d+)$/m.exec(readFileSync(`/proc/${tid}/status`, 'utf8')) ?? [];
    return tgid === undefined ? undefined : Number(tgid);
  } catch {
    return undefined;
  }
}
