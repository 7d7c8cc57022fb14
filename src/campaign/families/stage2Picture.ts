/** A stage2 scenario as a picture: its steps against the pages of each region. */
import { type Place, type PlaceKind, placesIn } from '../../oracle/stage2/places.js';
import type { Mismatch } from '../../oracle/verdict.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';
import { ptPages } from '../../scenario/stage2/arch.js';
import type { Stage2Config } from '../../scenario/stage2/config.js';
import type { Recorded } from '../family.js';
import type { LaneGroup, Mark, MarkKind, Picture } from '../picture.js';
import { type Acted, actsOf, MACHINE } from './stage2Marks.js';
import { regionWords, stepText } from './stage2Words.js';

const END = { name: 'end', words: 'after the last step' };

/** A mark before its lanes are known. */
interface Placed extends Acted {
  readonly column: number;
  readonly words: string;
}

/** Only regions that something happens to are drawn, and of these, pages that nothing tells apart share a lane. */
export function stage2Picture(scenario: Stage2Scenario, recorded: Recorded): Picture {
  const { steps } = scenario;
  const atEnd = recorded.mismatches.some(({ step }) => step >= steps.length);
  const placed: Placed[] = [
    ...steps.flatMap((step, column) => actsOf(step).map((act) => ({ ...act, column, words: stepText(step) }))),
    ...recorded.timeline.flatMap(({ observed }, column) => (column < steps.length ? seen(observed, column) : [])),
    ...recorded.mismatches.flatMap((mismatch) => broken(mismatch, Math.min(mismatch.step, steps.length))),
  ];
  const columns = steps.map((step, i) => ({ name: (i + 1).toString(), words: stepText(step) }));
  const regions = regionsOf(scenario.config).filter(({ name }) => placed.some(({ region }) => region === name));
  return { ...inLanes(regions, placed), columns: atEnd ? [...columns, END] : columns };
}

interface RegionFacts {
  readonly name: string;
  readonly note: string;
  readonly pages: number;
}

function regionsOf(config: Stage2Config): RegionFacts[] {
  const { pt, data, data2, none } = config;
  return [
    { name: 'data', note: regionWords(data), pages: data.pages },
    ...(data2 === null ? [] : [{ name: 'data2', note: regionWords(data2), pages: data2.pages }]),
    { name: 'none', note: 'MMIO', pages: none.pages },
    { name: 'pt', note: `page tables, ${regionWords(pt)}`, pages: ptPages(config) },
    { name: MACHINE, note: '', pages: 1 },
  ];
}

/** Userfault messages, signals and dirty pages. What else is observed is only told in words. */
function seen(lines: readonly string[], column: number): Placed[] {
  return lines.flatMap((words) =>
    placesIn(words).flatMap((place) => {
      const shown = SEEN[place.kind];
      if (shown === undefined) return [];
      return [{ ...at(place), column, words: `observed: ${words}`, ...shown, label: labelOf(place) }];
    }),
  );
}

const SEEN: Readonly<Partial<Record<PlaceKind, { readonly kind: MarkKind }>>> = {
  userfault: { kind: 'message' },
  signal: { kind: 'message' },
  dirty: { kind: 'dirty' },
};

function at({ region, first, last }: Place): Pick<Placed, 'region' | 'pages'> {
  return { region, pages: [first, last] };
}

function labelOf({ kind, detail }: Place): string {
  switch (kind) {
    case 'userfault':
      return detail.includes('MINOR') ? 'minor' : detail.includes('WP') ? 'wp' : 'miss';
    case 'dirty':
      return 'dirty';
    case 'signal':
      return 'signal';
    case 'entries':
      return 'entry';
    case 'content':
      return 'data';
  }
}

/** Where a mismatch shows on pages: what was demanded and did not come, what came and was not allowed. */
function broken({ expected, observed }: Mismatch, column: number): Placed[] {
  const demanded = placesIn(expected);
  const came = placesIn(observed);
  const words = `expected: ${expected}; observed: ${observed}`;
  const absent = demanded.filter((place) => !place.optional).flatMap((place) => without(place, came));
  const surplus = came.flatMap((place) => without(place, demanded));
  const mark = (place: Place, kind: MarkKind): Placed => ({ ...at(place), column, words, kind, label: labelOf(place) });
  return [...absent.map((place) => mark(place, 'absent')), ...surplus.map((place) => mark(place, 'surplus'))];
}

/** The pages of a place that no place of the same kind among `others` has. */
function without(place: Place, others: readonly Place[]): Place[] {
  const pages = Array.from({ length: place.last - place.first + 1 }, (_, i) => place.first + i);
  const left = pages.filter((page) => !others.some((other) => covers(other, place, page)));
  const starts = left.filter((page) => !left.includes(page - 1));
  const ends = left.filter((page) => !left.includes(page + 1));
  return starts.map((first, i) => ({ ...place, first, last: ends[i] ?? first }));
}

function covers(other: Place, { kind, region, detail }: Place, page: number): boolean {
  const same = other.kind === kind && other.region === region && other.detail === detail;
  return same && other.first <= page && page <= other.last;
}

/** Cuts each region into lanes so that every mark covers whole ones. */
function inLanes(regions: readonly RegionFacts[], placed: readonly Placed[]): Pick<Picture, 'groups' | 'marks'> {
  const groups: LaneGroup[] = [];
  const marks: Mark[] = [];
  let firstLane = 0;
  for (const region of regions) {
    const own = placed.filter(({ region: name }) => name === region.name).map((mark) => clamped(mark, region.pages));
    const starts = [...new Set([0, ...own.flatMap(({ pages: [first, last] }) => [first, last + 1])])]
      .filter((page) => page < region.pages)
      .sort((a, b) => a - b);
    const laneOf = (page: number): number => firstLane + starts.findLastIndex((start) => start <= page);
    for (const {
      column,
      pages: [first, last],
      kind,
      label,
      words,
    } of own) {
      const lane = laneOf(first);
      marks.push({ column, lane, lanes: laneOf(last) - lane + 1, kind, label, words });
    }
    groups.push({
      name: region.name,
      note: region.note,
      lanes: starts.map((start, i) => laneName(region, start, starts[i + 1])),
    });
    firstLane += starts.length;
  }
  return { groups, marks };
}

function clamped(mark: Placed, pages: number): Placed & { readonly pages: readonly [number, number] } {
  const [first, last] = mark.pages ?? [0, pages - 1];
  const bound = (page: number): number => Math.max(0, Math.min(page, pages - 1));
  return { ...mark, pages: [bound(first), bound(last)] };
}

function laneName({ name, pages }: RegionFacts, start: number, next = pages): string {
  if (name === MACHINE) return '';
  return next - start === 1 ? start.toString() : `${start}–${next - 1}`;
}
