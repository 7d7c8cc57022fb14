import { errorMessage } from '../../util/errno.js';
import type { Canary } from './canary.js';
import { brokenSentence, type CanaryResult } from './result.js';

/** Time from one round to the next. */
export const CANARY_INTERVAL_MS = 30 * 60_000;
/** A campaign that ends sooner after a round than this needs no other. */
const FRESH_MS = 30_000;

export interface CanaryHooks {
  /** A round has ended. */
  result(result: CanaryResult): void;
  /** The tool does not notice what it is there to notice, in one sentence. */
  broken(sentence: string): void;
}

/** Runs the canaries of a campaign beside it: at the start, every half hour, and at the end. */
export class CanarySchedule {
  private running: Promise<void> | undefined;
  /** When the last round began. */
  private begunMs: number | undefined;
  private broken = false;

  constructor(
    private readonly canaries: readonly Canary[],
    private readonly hooks: CanaryHooks,
    private readonly intervalMs = CANARY_INTERVAL_MS,
  ) {}

  /** The first round, or another when it is time. @param elapsedMs of the campaign. */
  poll(elapsedMs: number): void {
    if (this.running !== undefined || this.broken) return;
    if (this.begunMs !== undefined && elapsedMs - this.begunMs < this.intervalMs) return;
    this.begin(elapsedMs);
  }

  /** The last round, unless the campaign was interrupted; resolves when none is under way. */
  async end(elapsedMs: number, interrupted: boolean): Promise<void> {
    await this.running;
    const fresh = this.begunMs !== undefined && elapsedMs - this.begunMs < Math.min(FRESH_MS, this.intervalMs);
    if (interrupted || fresh || this.broken) return;
    this.begin(elapsedMs);
    await this.running;
  }

  private begin(elapsedMs: number): void {
    this.begunMs = elapsedMs;
    this.running = this.round().finally(() => {
      this.running = undefined;
    });
  }

  private async round(): Promise<void> {
    for (const canary of this.canaries) {
      try {
        const result = await canary.round();
        if (result === undefined) continue;
        this.hooks.result(result);
        if (!result.caught) this.fail(brokenSentence(result));
      } catch (error) {
        this.fail(`the canary failed: ${errorMessage(error)}`);
      }
    }
  }

  private fail(sentence: string): void {
    this.broken = true;
    this.hooks.broken(sentence);
  }
}
