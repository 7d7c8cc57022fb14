import type { Clock } from './clock.js';
import { monotonicMs } from './clock.js';

/** What the slots of a campaign take turns at. */
export interface Turn {
  /** Nothing is left to do. */
  readonly exhausted: boolean;
}

/** What a slot works at. */
export interface Place<T> {
  readonly turn: T;
  /** The slot stops working at it. */
  readonly leave: () => void;
  /** The slot would come back here at once. */
  readonly mayStay: () => boolean;
}

interface Entry<T> {
  readonly turn: T;
  working: number;
  spentMs: number;
}

/**
 * Says what a free slot works at next: what the fewest slots work at and, of these, what got the least time. With as many slots as
 * legs or more, each leg has its own; with fewer, they take turns.
 */
export class Rota<T extends Turn> {
  private readonly entries: Entry<T>[];

  constructor(
    turns: readonly T[],
    private readonly clock: Clock = monotonicMs,
  ) {
    this.entries = turns.map((turn) => ({ turn, working: 0, spentMs: 0 }));
  }

  /** Undefined: nothing is left to do. */
  next(): Place<T> | undefined {
    const open = this.entries.filter(({ turn }) => !turn.exhausted);
    const [entry] = open.sort((a, b) => a.working - b.working || a.spentMs - b.spentMs);
    if (entry === undefined) return undefined;
    entry.working++;
    const startedMs = this.clock();
    const leave = (): void => {
      entry.working--;
      entry.spentMs += this.clock() - startedMs;
    };
    return { turn: entry.turn, leave, mayStay: () => this.mayStay(entry, startedMs) };
  }

  private mayStay(mine: Entry<T>, startedMs: number): boolean {
    const spentMs = mine.spentMs + this.clock() - startedMs;
    const others = this.entries.filter((entry) => entry !== mine && !entry.turn.exhausted);
    return others.every(
      ({ working, spentMs: theirs }) =>
        working > mine.working - 1 || (working === mine.working - 1 && theirs >= spentMs),
    );
  }
}
