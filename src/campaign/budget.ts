import { type Clock, monotonicMs } from './clock.js';

/** The time of a campaign. It counts from {@link Budget.start} on: booting a target is not what it is given for. */
export class Budget {
  private startedMs: number | undefined;

  constructor(
    /** Undefined: there is no end. */
    private readonly timeMs: number | undefined,
    /** Time that the campaign had run before it was resumed. */
    private readonly beforeMs: number,
    private readonly clock: Clock = monotonicMs,
  ) {}

  start(): void {
    this.startedMs = this.clock();
  }

  get elapsedMs(): number {
    return this.beforeMs + (this.startedMs === undefined ? 0 : this.clock() - this.startedMs);
  }

  /** Infinity: there is no end. */
  get leftMs(): number {
    return this.timeMs === undefined ? Infinity : this.timeMs - this.elapsedMs;
  }
}

/** Adds up the time during which at least one of several things is going on. */
export class Stopwatch {
  private running = 0;
  private sinceMs = 0;

  constructor(
    private addedMs = 0,
    private readonly clock: Clock = monotonicMs,
  ) {}

  get elapsedMs(): number {
    return this.addedMs + (this.running > 0 ? this.clock() - this.sinceMs : 0);
  }

  begin(): void {
    if (this.running++ === 0) this.sinceMs = this.clock();
  }

  end(): void {
    if (--this.running === 0) this.addedMs += this.clock() - this.sinceMs;
  }
}
