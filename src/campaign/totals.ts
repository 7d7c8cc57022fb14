import type { Stopwatch } from './budget.js';
import type { Ledger } from './ledger.js';
import type { LegEvent } from './run/records.js';

/** Records for each that holds the configurations and the pairs of their values, too: these are most of its length. */
const BULK_EVERY = 10;

export interface TotalsParts {
  readonly ledger: Ledger;
  /** Of the leg. */
  readonly stopwatch: Stopwatch;
  /** Of the campaign. */
  readonly elapsedMs: () => number;
  /** Time from one record to the next. */
  readonly commitMs: () => number;
  readonly write: (event: Extract<LegEvent, { kind: 'totals' }>) => void;
}

/** Writes what a leg has counted to the journal, from time to time. */
export class Totals {
  private writtenMs: number;
  private written = 0;

  constructor(private readonly parts: TotalsParts) {
    this.writtenMs = parts.elapsedMs();
  }

  /** Writes a record when it is time. */
  writeWhenDue(): void {
    const { elapsedMs, commitMs } = this.parts;
    if (elapsedMs() - this.writtenMs >= commitMs()) this.write(++this.written % BULK_EVERY === 0);
  }

  /** The last record has everything. */
  end(): void {
    this.write(true);
  }

  private write(withBulk: boolean): void {
    const { ledger, stopwatch, write } = this.parts;
    const elapsedMs = this.parts.elapsedMs();
    this.writtenMs = elapsedMs;
    const { settled, done } = ledger;
    const { pairs, configurations, ...others } = settled.toRecord();
    const bulk = { configurations, ...(pairs === undefined ? {} : { pairs }) };
    const counts = withBulk ? { ...others, ...bulk } : others;
    write({ kind: 'totals', elapsedMs, legMs: stopwatch.elapsedMs, done: [...done], counts });
  }
}
