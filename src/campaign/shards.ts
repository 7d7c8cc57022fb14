import { type Range, union, without } from './run/ranges.js';
import type { Shard } from './run/shard.js';
import type { OpenShard } from './run/types.js';
import { BATCH_SIZE } from './seeds.js';

/** Scenarios that a worker takes up at once. */
export interface Work extends Shard {
  /** One of them may be what ended the campaign: they are executed one at a time. */
  readonly careful: boolean;
}

/** How far a leg had come when its campaign was killed. */
export interface Before {
  readonly done: readonly Range[];
  readonly open: readonly OpenShard[];
  /** Scenarios that black boxes name as being executed. */
  readonly suspects: readonly Range[];
}

export const FROM_THE_START: Before = { done: [], open: [], suspects: [] };

/** A shard grows by this much at most from one to the next. */
const GROWTH = 4;

/** Hands out the scenarios of a seed to workers: first what was in flight when a campaign was killed, then the rest in order. */
export class Shards {
  private readonly again: Work[];
  private readonly taken = new Set<Work>();
  private next: number;
  private size = BATCH_SIZE;

  constructor(
    private readonly seed: number,
    /** All there are. */
    private readonly range: Range,
    private readonly lanes: number,
    before: Before = FROM_THE_START,
    /** What the generator is to prefer from now on (see {@link Shard}). */
    private readonly focus: () => unknown = () => undefined,
  ) {
    const begun = union(before.done, before.open);
    this.next = Math.max(range.from, begun.at(-1)?.to ?? 0);
    // The record of a shard that was begun may be lost.
    const gaps = without({ from: range.from, to: this.next }, begun).map((gap) => this.ask(gap));
    this.again = [...suspectsFirst(before), ...gaps];
  }

  /** Undefined: all are handed out. */
  take(): Work | undefined {
    const work = this.again.shift() ?? this.cutOff();
    if (work !== undefined) this.taken.add(work);
    return work;
  }

  /** A worker is through with what it took, up to the number `next`. */
  leave(work: Work, next: number): void {
    this.taken.delete(work);
    if (next < work.to) this.again.unshift({ ...work, from: next });
  }

  /** What the generator prefers for a scenario that some worker is at. */
  focusAt(number: number): unknown {
    return [...this.taken].find(({ from, to }) => from <= number && number < to)?.focus;
  }

  get exhausted(): boolean {
    return this.again.length === 0 && this.next >= this.range.to;
  }

  /** Tells how long a worker took for its scenarios, so that the next shards take about `wantedMs`. */
  pace(scenarios: number, tookMs: number, wantedMs: number): void {
    if (scenarios < BATCH_SIZE) return;
    const fitting = (scenarios * wantedMs) / Math.max(1, tookMs);
    this.size = Math.max(BATCH_SIZE, Math.min(fitting, this.size * GROWTH));
  }

  private cutOff(): Work | undefined {
    const left = this.range.to - this.next;
    if (left <= 0) return undefined;
    // Near the end the shards get small, so that no worker is left with a large one.
    const fair = Math.ceil(left / (2 * this.lanes));
    const wanted = this.next + Math.min(this.size, Math.max(BATCH_SIZE, fair));
    const to = Math.min(this.range.to, Math.ceil(wanted / BATCH_SIZE) * BATCH_SIZE);
    const work = this.ask({ from: this.next, to });
    this.next = to;
    return work;
  }

  private ask(range: Range): Work {
    const focus = this.focus();
    const work = { seed: this.seed, ...range, careful: false };
    return focus === undefined ? work : { ...work, focus };
  }
}

/** What was open, split so that what black boxes name comes first, then what else was in flight, then the rest. */
function suspectsFirst({ open, suspects }: Before): Work[] {
  const named: Work[] = [];
  const inFlight: Work[] = [];
  const rest: Work[] = [];
  for (const { inFlight: careful, ...shard } of open) {
    const others = without(shard, union(suspects, []));
    named.push(...without(shard, others).map((range) => ({ ...shard, ...range, careful: true })));
    (careful ? inFlight : rest).push(...others.map((range) => ({ ...shard, ...range, careful })));
  }
  return [...named, ...inFlight, ...rest];
}
