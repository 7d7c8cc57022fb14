/** Which pages an event in words is about: reads back what `words.ts` writes, for reports of executions of which only words are left. */

/** What was, or was to be, seen of a page. */
export type PlaceKind = 'userfault' | 'dirty' | 'signal' | 'entries' | 'content';

export interface Place {
  readonly kind: PlaceKind;
  readonly region: string;
  /** First page and last page. */
  readonly first: number;
  readonly last: number;
  /** Flags of a userfault message (`WP|WRITE`, `read`); else empty. */
  readonly detail: string;
  /** It may be seen, and need not. */
  readonly optional: boolean;
}

const ONE_PAGE: readonly (readonly [PlaceKind, RegExp])[] = [
  ['userfault', /^userfault (\w+)\[(\d+)\] ([\w|]+)/],
  ['signal', /^signal for (\w+)\[(\d+)\]/],
  ['entries', /^entries of (\w+)\[(\d+)\]/],
  ['dirty', /^ring entry (\w+)\[(\d+)\]/],
  ['content', /^(\w+)\[(\d+)\](?:\+0x[0-9a-f]+)? (?:holds|is) /],
];

/** The pages of one line of a timeline or of a mismatch; most lines have none. */
export function placesIn(line: string): readonly Place[] {
  const optional = line.startsWith('possibly ');
  const event = optional ? line.slice('possibly '.length) : line;
  for (const [kind, pattern] of ONE_PAGE) {
    const match = pattern.exec(event);
    if (match === null) continue;
    const [, region = '', page = '', detail = ''] = match;
    return [{ kind, region, first: Number(page), last: Number(page), detail, optional }];
  }
  return line.split('; ').flatMap(dirtyPlaces);
}

/** `dirty in data: 0, 4-7, possibly 9` and `dirty in data, word 0: 0xf1`. */
function dirtyPlaces(text: string): readonly Place[] {
  const word = /^dirty in (\w+), word (\d+): 0x([0-9a-f]+)$/.exec(text);
  if (word !== null) {
    const [, region = '', index = '', bits = ''] = word;
    return setBits(BigInt(`0x${bits}`)).map((bit) => dirty(region, 64 * Number(index) + bit));
  }
  const [, region, must = '', may = ''] = /^(?:ring: )?dirty in (\w+): (.*?)(?:, possibly (.*))?$/.exec(text) ?? [];
  if (region === undefined) return [];
  return [...ranges(region, must, false), ...ranges(region, may, true)];
}

function dirty(region: string, first: number, last = first, optional = false): Place {
  return { kind: 'dirty', region, first, last, detail: '', optional };
}

function ranges(region: string, list: string, optional: boolean): Place[] {
  return list.split(', ').flatMap((range) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    return first === undefined ? [] : [dirty(region, Number(first), Number(last), optional)];
  });
}

function setBits(word: bigint): number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((word >> BigInt(bit)) & 1n) === 1n);
}
