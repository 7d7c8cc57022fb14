import type { Target } from '../driver/targets/target.js';
import type { Crew } from './crew.js';
import type { KernelReport } from './kernelLog.js';
import type { ReportWatch } from './kernelWatch.js';
import { watchFor } from './targetTraits.js';

/** One of those whose workers execute on a target. */
export interface Watched {
  readonly crew: Crew;
  kernelReport(report: KernelReport, pid: number): void;
}

/** The kernel of one target, watched for all legs that execute there: a report is about a worker of one of them. */
class TargetWatch {
  private readonly legs: Watched[] = [];
  readonly reports: ReportWatch;

  constructor(target: Target) {
    this.reports = watchFor(target, (pid) => this.legOf(pid)?.crew.worker(pid)?.consoleFile);
  }

  join(leg: Watched): void {
    this.legs.push(leg);
  }

  poll(): void {
    this.reports.poll(this.legs.flatMap(({ crew }) => crew.pids));
    this.handOut();
  }

  close(): void {
    this.reports.close();
    this.handOut();
  }

  private handOut(): void {
    for (const { report, pid } of this.reports.take()) (this.legOf(pid) ?? this.legs[0])?.kernelReport(report, pid);
  }

  private legOf(pid: number): Watched | undefined {
    return this.legs.find(({ crew }) => crew.worker(pid) !== undefined);
  }
}

/** Watches the kernels of all targets. */
export class Watches {
  private readonly byTarget = new Map<string, TargetWatch>();

  join(target: Target, leg: Watched): ReportWatch {
    const key = JSON.stringify(target);
    const watch = this.byTarget.get(key) ?? new TargetWatch(target);
    this.byTarget.set(key, watch);
    watch.join(leg);
    return watch.reports;
  }

  poll(): void {
    for (const watch of this.byTarget.values()) watch.poll();
  }

  close(): void {
    for (const watch of this.byTarget.values()) watch.close();
  }

  /** First lines of reports that name no worker. */
  get unattributed(): readonly string[] {
    return this.reports.flatMap(({ unattributed }) => Object.keys(unattributed.toRecord()));
  }

  private get reports(): readonly ReportWatch[] {
    return [...this.byTarget.values()].map(({ reports }) => reports);
  }
}
