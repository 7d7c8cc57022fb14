/** What memory holds at the end. */
import type { Expectation, ExpectedPage } from '../../model/expectation.js';
import { END_STEP, type Observed } from '../../driver/observation.js';
import type { Mismatch } from '../verdict.js';
import { agrees } from './compare.js';
import { maskedText } from './words.js';

type Base = ExpectedPage['bases'][number];

/** The driver lists at most this many differing words of a page. */
const LISTED_WORDS = 64;

interface SeenPage {
  readonly base: Base;
  readonly differing: number;
  readonly words: Map<number, bigint>;
}

function collect(events: readonly Observed[], start: number): Map<string, SeenPage> {
  const pages = new Map<string, SeenPage>();
  for (let at = start; at < events.length; at++) {
    const event = events[at];
    if (event?.step !== END_STEP) continue;
    if (event.kind === 'page') {
      pages.set(`${event.region}[${event.page}]`, { base: event.base, differing: event.differing, words: new Map() });
    } else if (event.kind === 'page_word') {
      pages.get(`${event.region}[${event.page}]`)?.words.set(event.offset, event.value);
    }
  }
  return pages;
}

const PRISTINE: SeenPage = { base: 'initial', differing: 0, words: new Map() };

/** The first word of a page that is not as predicted, in words. */
function firstDifference(expected: ExpectedPage, seen: SeenPage): { expected: string; observed: string } | undefined {
  const name = `${expected.region}[${expected.page}]`;
  const at = (offset: number): bigint => seen.words.get(offset) ?? expected.fill(seen.base, offset);
  const allowed = (offset: number, value: bigint): boolean =>
    expected.bases.some((base) => expected.fill(base, offset) === value);
  for (const [offset, word] of expected.words) {
    if (seen.words.size >= LISTED_WORDS && !seen.words.has(offset)) continue;
    if (agrees(word, at(offset))) continue;
    return {
      expected: `${name}+${offset} holds ${maskedText(word)}`,
      observed: `it holds 0x${at(offset).toString(16)}`,
    };
  }
  for (const [offset, value] of seen.words) {
    if (expected.words.has(offset) || allowed(offset, value)) continue;
    const fills = expected.bases.map((base) => `0x${expected.fill(base, offset).toString(16)}`).join(' or ');
    return { expected: `${name}+${offset} holds ${fills}`, observed: `it holds 0x${value.toString(16)}` };
  }
  const probes = [0, 8, 2048, 4088].filter((offset) => !expected.words.has(offset) && !seen.words.has(offset));
  const wrong = probes.find((offset) => !allowed(offset, expected.fill(seen.base, offset)));
  if (wrong === undefined) return undefined;
  return { expected: `${name} holds ${expected.bases.join(' or ')}`, observed: `it holds ${seen.base}` };
}

/** Compares the pages that the driver reported, from event `start` on, and those that the model says changed. */
export function matchPages(expectation: Expectation, events: readonly Observed[], start: number): Mismatch[] {
  if (expectation.openPages) return [];
  const seen = collect(events, start);
  const mismatches: Mismatch[] = [];
  for (const page of expectation.pages) {
    const key = `${page.region}[${page.page}]`;
    const difference = firstDifference(page, seen.get(key) ?? PRISTINE);
    seen.delete(key);
    if (difference !== undefined) mismatches.push({ rule: page.rule, step: END_STEP, ...difference });
  }
  for (const [key, page] of seen) {
    const [offset, value] = [...page.words][0] ?? [0, 0n];
    const observed =
      page.words.size === 0 ? `${key} holds ${page.base}` : `${key}+${offset} holds 0x${value.toString(16)}`;
    mismatches.push({ rule: expectation.untouchedRule, step: END_STEP, expected: `${key} is unchanged`, observed });
  }
  return mismatches;
}
