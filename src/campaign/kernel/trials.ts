import { once } from 'node:events';
import type { Place } from '../batches.js';
import { monotonicMs } from '../clock.js';
import type { Crew } from '../crew.js';
import { BURST } from '../fuzzing.js';
import type { Origin } from '../messages.js';
import type { Range } from '../run/ranges.js';
import type { WorkerProcess } from '../workerProcess.js';
import { REPORT_MS } from './log.js';

interface Awaited {
  readonly headline: string;
  seen: boolean;
  /** When the log was first read after the execution; undefined: it has not been. */
  lookedMs: number | undefined;
  executed: boolean;
  /** Ends the waiting. */
  readonly done: AbortController;
}

/** Executes scenarios again, each time in a new worker, and tells whether the kernel reports the same about it. */
export class Trials {
  private readonly awaited = new Map<number, Awaited>();
  private isOver = false;

  constructor(
    private readonly crew: Crew,
    private readonly placeAt: (number: number) => Place,
  ) {}

  /** Told of each report about a worker; true: it is one of a trial. */
  seen(pid: number, headline: string): boolean {
    const trial = this.awaited.get(pid);
    if (trial === undefined) return false;
    if (trial.headline === headline) {
      trial.seen = true;
      trial.done.abort();
    }
    return true;
  }

  /** Told whenever the log has been read: a report that began at one look is complete at a later one. */
  looked(): void {
    const now = monotonicMs();
    for (const trial of this.awaited.values()) {
      if (!trial.executed) continue;
      trial.lookedMs ??= now;
      if (now - trial.lookedMs > REPORT_MS) trial.done.abort();
    }
  }

  /** No report will come any more. */
  end(): void {
    this.isOver = true;
    for (const { done } of this.awaited.values()) done.abort();
  }

  /** @throws {WorkerDeath} the worker died of it. */
  run(range: Range, headline: string): Promise<boolean> {
    return this.watched(headline, async (worker, over) => {
      for (const part of partsOf(range, this.placeAt)) {
        for (let from = part.from; from < part.to && !over();) {
          const { seed, batch, focus } = part.origin;
          const slice = { seed, batch, focus, from, to: part.to, leftMs: undefined, burst: BURST };
          from = (await worker.request({ kind: 'fuzz', ...slice })).next;
        }
      }
    });
  }

  /** @throws {WorkerDeath} the worker died of it. */
  execute(scenario: unknown, headline: string): Promise<boolean> {
    return this.watched(headline, (worker) => worker.request({ kind: 'execute', scenario, times: 1, freshVm: true }));
  }

  private async watched(
    headline: string,
    act: (worker: WorkerProcess, over: () => boolean) => Promise<unknown>,
  ): Promise<boolean> {
    if (this.isOver) return false;
    return this.crew.disposable(async (worker) => {
      const done = new AbortController();
      const trial: Awaited = { headline, seen: false, lookedMs: undefined, executed: false, done };
      const { signal } = done;
      this.awaited.set(worker.pid, trial);
      try {
        await act(worker, () => signal.aborted);
        trial.executed = true;
        if (!signal.aborted && !this.isOver) await once(signal, 'abort');
        return trial.seen;
      } finally {
        this.awaited.delete(worker.pid);
      }
    });
  }
}

interface Part extends Range {
  readonly origin: Origin;
}

/** Scenarios of a range that one request generates: of one batch, and with one focus. `from` and `to` are indexes in it. */
export function partsOf({ from, to }: Range, placeAt: (number: number) => Place): readonly Part[] {
  const parts: Part[] = [];
  for (let number = from; number < to; number++) {
    const { origin } = placeAt(number);
    const last = parts.at(-1);
    const goesOn = last?.origin.batch === origin.batch && last.origin.focus === origin.focus;
    if (last !== undefined && goesOn) parts[parts.length - 1] = { ...last, to: origin.index + 1 };
    else parts.push({ origin, from: origin.index, to: origin.index + 1 });
  }
  return parts;
}
