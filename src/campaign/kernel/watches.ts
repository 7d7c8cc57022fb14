import type { Target } from '../../driver/targets/target.js';
import type { Crew } from '../crew.js';
import { monotonicMs } from '../clock.js';
import type { Range } from '../run/ranges.js';
import type { KernelReport } from './log.js';
import { Positions } from './positions.js';
import type { ReportWatch } from './watch.js';
import { watchFor } from '../targetTraits.js';

/** One of those whose workers execute on a target. */
export interface Watched {
  readonly crew: Crew;
  /** @param suspects the scenarios, by number, that the worker may have been executing; undefined: it is not known. */
  kernelReport(report: KernelReport, pid: number, suspects: Range | undefined): void;
  /** The log has been read, and all reports in it are told. */
  kernelLogRead(): void;
}

/** The kernel of one target, watched for all legs that execute there: a report is about a worker of one of them. */
class TargetWatch {
  private readonly legs: Watched[] = [];
  private readonly positions = new Positions();
  readonly reports: ReportWatch;

  constructor(target: Target) {
    this.reports = watchFor(target, (pid) => this.legOf(pid)?.crew.worker(pid)?.consoleFile);
  }

  join(leg: Watched): void {
    this.legs.push(leg);
  }

  poll(): void {
    const workers = this.legs.flatMap(({ crew }) => crew.living);
    this.positions.sample(workers, monotonicMs());
    this.reports.poll(workers.map(({ pid }) => pid));
    this.handOut();
    for (const leg of this.legs) leg.kernelLogRead();
  }

  close(): void {
    this.reports.close();
    this.handOut();
  }

  private handOut(): void {
    for (const { report, pid } of this.reports.take()) {
      const suspects = this.positions.around(pid, report.seenMs);
      (this.legOf(pid) ?? this.legs[0])?.kernelReport(report, pid, suspects);
    }
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
