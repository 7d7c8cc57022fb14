import type { Field, Fields, Pin } from '../../arbitraries/fields.js';

/** How often each pair of values of two configuration fields occurred together. */
export interface PairCoverage {
  readonly fields: readonly Field[];
  /**
   * By `${i},${j}` for i < j: a row for each value of field i, a column for each of field j, row after row. -1 where the constraints
   * exclude the pair or the machine cannot do it.
   */
  readonly counts: Readonly<Record<string, readonly number[]>>;
}

/** The pairs of a family's fields, each with a place of its own in one array. */
export class PairSpace {
  /** Pairs of values, possible or not. */
  readonly size: number;
  /** Place of the first pair of fields i and j: `starts[i * fields.length + j]`. */
  readonly starts: Int32Array;
  /** Number of values of each field. */
  readonly widths: Int32Array;

  constructor(readonly fields: readonly Field[]) {
    const n = fields.length;
    this.widths = Int32Array.from(fields, ({ values }) => values.length);
    this.starts = new Int32Array(n * n);
    let size = 0;
    for (const [i, a] of fields.entries()) {
      for (let j = i + 1; j < n; j++) {
        this.starts[i * n + j] = size;
        size += a.values.length * this.width(j);
      }
    }
    this.size = size;
  }

  width(field: number): number {
    return this.widths[field] ?? 0;
  }

  /** The two values of the pair at a place. */
  pins(place: number): readonly [Pin, Pin] {
    let found: readonly [Pin, Pin] | undefined;
    this.forEach((i, j, start) => {
      const offset = place - start;
      const [a, b] = [this.fields[i], this.fields[j]];
      if (a === undefined || b === undefined || offset < 0 || offset >= a.values.length * b.values.length) return;
      const row = Math.floor(offset / b.values.length);
      found = [
        [a.name, a.values[row] ?? ''],
        [b.name, b.values[offset - row * b.values.length] ?? ''],
      ];
    });
    if (found === undefined) throw new RangeError(`there is no pair ${place}`);
    return found;
  }

  /** Calls `visit` with each pair of fields and where its values begin, in the order of their places. */
  forEach(visit: (i: number, j: number, start: number) => void): void {
    const n = this.fields.length;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) visit(i, j, this.starts[i * n + j] ?? 0);
  }
}

/** Counts the pairs of the scenarios that were executed. Each scenario goes through it, so it makes no objects. */
export class PairCounter {
  private readonly space: PairSpace;
  private readonly masks: Int32Array;
  private counts: Uint32Array;

  constructor(private readonly source: Fields<unknown>) {
    this.space = new PairSpace(source.fields);
    this.masks = new Int32Array(source.fields.length);
    this.counts = new Uint32Array(this.space.size);
  }

  add(scenario: unknown): void {
    const { masks, counts, space } = this;
    const { starts, widths } = space;
    const n = masks.length;
    this.source.read(scenario, masks);
    for (let i = 0; i < n; i++) {
      for (let rows = masks[i] ?? 0; rows !== 0; rows &= rows - 1) {
        const row = 31 - Math.clz32(rows & -rows);
        for (let j = i + 1; j < n; j++) {
          const start = (starts[i * n + j] ?? 0) + row * (widths[j] ?? 0);
          for (let columns = masks[j] ?? 0; columns !== 0; columns &= columns - 1) {
            const place = start + 31 - Math.clz32(columns & -columns);
            counts[place] = (counts[place] ?? 0) + 1;
          }
        }
      }
    }
  }

  /** The counts since the last call, by their places in the {@link PairSpace}. */
  take(): Uint32Array {
    const { counts } = this;
    this.counts = new Uint32Array(counts.length);
    return counts;
  }
}

/** Which pairs a machine can show, as a worker tells the campaign. */
export interface PossiblePairs {
  readonly fields: readonly Field[];
  /** By their places in the {@link PairSpace}: 1 for a pair that a valid scenario shows on this machine. */
  readonly possible: Uint8Array;
}

/** Asks for each pair whether there is a scenario that shows it. Takes some tenths of a second. */
export function possiblePairs(source: Fields<unknown>): PossiblePairs {
  const { fields } = source;
  const space = new PairSpace(fields);
  const possible = new Uint8Array(space.size);
  space.forEach((i, j, start) => {
    const [a, b] = [fields[i], fields[j]];
    let place = start;
    for (const row of a?.values ?? []) {
      for (const column of b?.values ?? []) {
        const pins = [[a?.name ?? '', row] as const, [b?.name ?? '', column] as const];
        possible[place++] = source.witness(pins) === undefined ? 0 : 1;
      }
    }
  });
  return { fields, possible };
}

/** What the workers of a campaign have counted together. */
export class PairTotals {
  private readonly space: PairSpace;
  /** Doubles: a night on many processors counts beyond 2^32. */
  private readonly counts: Float64Array;

  constructor(private readonly pairs: PossiblePairs) {
    this.space = new PairSpace(pairs.fields);
    this.counts = new Float64Array(this.space.size);
  }

  add(counts: ArrayLike<number>): void {
    for (let place = 0; place < this.counts.length; place++) {
      this.counts[place] = (this.counts[place] ?? 0) + (counts[place] ?? 0);
    }
  }

  get fields(): readonly Field[] {
    return this.pairs.fields;
  }

  /** How often the pair at a place was seen. */
  at(place: number): number {
    return this.counts[place] ?? 0;
  }

  /** Places of the possible pairs that were seen less often than `enough`. */
  rare(enough: number): readonly number[] {
    const places: number[] = [];
    for (let place = 0; place < this.counts.length; place++) {
      if (this.pairs.possible[place] === 1 && this.at(place) < enough) places.push(place);
    }
    return places;
  }

  /** Adds what was recorded before. Counts of fields that are not the same any more are left out. */
  restore(coverage: PairCoverage): void {
    if (JSON.stringify(coverage.fields) !== JSON.stringify(this.pairs.fields)) return;
    this.space.forEach((i, j, start) => {
      for (const [offset, count] of (coverage.counts[`${i},${j}`] ?? []).entries()) {
        const place = start + offset;
        if (count > 0 && place < this.counts.length) this.counts[place] = (this.counts[place] ?? 0) + count;
      }
    });
  }

  toCoverage(): PairCoverage {
    const counts: Record<string, number[]> = {};
    this.space.forEach((i, j, start) => {
      const size = this.space.width(i) * this.space.width(j);
      counts[`${i},${j}`] = Array.from({ length: size }, (_, offset) => this.cell(start + offset));
    });
    return { fields: this.pairs.fields, counts };
  }

  /** What was seen is possible, whatever was thought. */
  private cell(place: number): number {
    const count = this.counts[place] ?? 0;
    return count === 0 && this.pairs.possible[place] !== 1 ? -1 : count;
  }
}

/** How many of the possible pairs were seen. */
export function pairsSeen({ counts }: PairCoverage): { readonly seen: number; readonly possible: number } {
  let seen = 0;
  let possible = 0;
  for (const cells of Object.values(counts)) {
    for (const count of cells) {
      if (count > 0) seen++;
      if (count >= 0) possible++;
    }
  }
  return { seen, possible };
}
