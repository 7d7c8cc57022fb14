import fc from 'fast-check';
import type { Sweep } from '../arbitraries/sweep.js';
import type { Profile } from '../scenario/profile.js';
import { parseFocus, type Rare } from './coverage/focus.js';
import type { Family } from './family.js';
import { BATCH_SIZE } from './seeds.js';

/** Which scenarios of a batch. */
export interface Runs {
  /** fast-check's seed of the batch. */
  readonly seed: number;
  readonly batch: number;
  /** Runs `from` (inclusive) to `to` (exclusive). */
  readonly from: number;
  readonly to: number;
}

/** Where the scenarios of batches come from. */
export interface Source {
  /** They are of the ordinary distribution. */
  readonly ordinary: boolean;
  /** What shrinks along fast-check; undefined where it did not generate. */
  readonly arbitrary: fc.Arbitrary<unknown> | undefined;
  /** Calls `take` with one scenario after the other until it returns false. */
  each(runs: Runs, take: (scenario: unknown) => boolean): void;
  /** One scenario alone. */
  at(runs: Omit<Runs, 'from' | 'to'>, index: number): unknown;
}

class RandomSource implements Source {
  constructor(
    readonly arbitrary: fc.Arbitrary<unknown>,
    readonly ordinary: boolean,
  ) {}

  each({ seed, from, to }: Runs, take: (scenario: unknown) => boolean): void {
    let taken = 0;
    const property = fc.property(this.arbitrary, (scenario) => {
      taken++;
      return take(scenario);
    });
    // A path of one number starts with that run of the seed. A failing run only ends the loop: shrinking comes later.
    const details = fc.check(property, { seed, path: String(from), numRuns: to - from, endOnFailure: true });
    // The arbitrary itself threw.
    if (taken === 0 && details.errorInstance instanceof Error) throw details.errorInstance;
  }

  at({ seed }: Omit<Runs, 'from' | 'to'>, index: number): unknown {
    const [scenario] = fc.sample(this.arbitrary, { seed, path: String(index), numRuns: 1 });
    return scenario;
  }
}

class SweepSource implements Source {
  readonly ordinary = false;
  readonly arbitrary = undefined;

  constructor(private readonly sweep: Sweep<unknown>) {}

  each({ batch, from, to }: Runs, take: (scenario: unknown) => boolean): void {
    const first = batch * BATCH_SIZE;
    for (let index = from; index < to; index++) if (!take(this.sweep.at(first + index))) return;
  }

  at({ batch }: Omit<Runs, 'from' | 'to'>, index: number): unknown {
    return this.sweep.at(batch * BATCH_SIZE + index);
  }
}

/** The sources of a family's scenarios on one machine. Making one takes time, and batch after batch asks for the same. */
export class Sources {
  private readonly plain: Source;
  private readonly made = new Map<string, Source>();

  constructor(
    private readonly family: Family<unknown, unknown>,
    private readonly profile: Profile,
  ) {
    this.plain = new RandomSource(family.arbitrary(profile), true);
  }

  /** @throws RangeError when the focus is none, or not one of this family's. */
  of(focus: unknown): Source {
    if (focus === undefined) return this.plain;
    const text = JSON.stringify(focus);
    let source = this.made.get(text);
    if (source === undefined) {
      source = this.make(focus);
      // Foci come and go in a long campaign.
      if (this.made.size >= MAX_KEPT) this.made.clear();
      this.made.set(text, source);
    }
    return source;
  }

  private make(json: unknown): Source {
    const focus = parseFocus(json);
    if (focus.kind === 'rare') return new RandomSource(this.focused(focus), false);
    const sweep = this.family.sweep?.(this.profile, focus.steps);
    if (sweep === undefined) throw new RangeError(`scenarios of ${this.family.name} cannot be enumerated`);
    if (focus.size !== undefined && focus.size !== sweep.size)
      throw new RangeError(
        `the sweep had ${focus.size} scenarios, and on this machine it has ${sweep.size}: start it anew`,
      );
    return new SweepSource(sweep);
  }

  private focused({ pairs, like }: Rare): fc.Arbitrary<unknown> {
    if (pairs.length + like.length === 0) return this.family.arbitrary(this.profile);
    const examples = like.map(({ seed, index }) => this.plain.at({ seed, batch: 0 }, index));
    return this.family.arbitrary(this.profile, { pins: pairs, like: examples });
  }
}

const MAX_KEPT = 64;
