/** Expected events against observed ones, channel by channel: within a channel order counts, between channels it does not. */
import type { DirtyPages, Expected, Outcome } from '../../model/expectation.js';
import type { Observed } from '../../driver/observation.js';
import type { Mismatch } from '../verdict.js';
import { matches } from './compare.js';
import { dirtyText, expectedText, observedText, pageList } from './words.js';

type Channel = 'uffd' | 'cpu0' | 'cpu1' | 'rest' | 'sets' | 'ptes';

/** Rule for something that no rule predicted in a channel that had nothing left to predict. */
const UNEXPECTED: Readonly<Record<Channel, string>> = {
  uffd: 'uffd.no-message',
  cpu0: 'access.load-value',
  cpu1: 'access.load-value',
  rest: 'host.nothing-to-do',
  sets: 'dirty.untouched',
  ptes: 'paging.accessed-set',
};

function channelOf(event: Expected | Observed): Channel {
  switch (event.kind) {
    case 'uffd':
    case 'withdrawn':
      return 'uffd';
    case 'result':
    case 'child':
      return 'rest';
    case 'dirty':
    case 'ring':
    case 'dirty_word':
    case 'ring_entry':
      return 'sets';
    case 'ptes':
      return 'ptes';
    case 'sigbus':
      return event.vcpu === 1 ? 'cpu1' : 'cpu0';
    default:
      return 'vcpu' in event && event.vcpu === 1 ? 'cpu1' : 'cpu0';
  }
}

const NOTHING = 'nothing';

/** The rule that an event breaks; of a withdrawal that came, the one about waking. */
function brokenBy(event: Expected, observed: Observed): string {
  return event.kind === 'withdrawn' && observed.kind === 'withdrawn' ? event.wakesRule : ruleOf(event);
}

function ruleOf(event: Expected): string {
  return 'rule' in event ? event.rule : 'dirty.untouched';
}

/** Walks two ordered lists; optional expectations may be skipped. */
function matchOrdered(
  step: number,
  channel: Channel,
  expected: readonly Expected[],
  observed: readonly Observed[],
  mismatches: Mismatch[],
): void {
  let at = 0;
  for (const event of observed) {
    while (at < expected.length) {
      const candidate = expected[at];
      if (candidate === undefined || matches(candidate, event) || !isOptional(candidate)) break;
      at++;
    }
    const candidate = expected[at];
    if (candidate === undefined) {
      const last = expected[expected.length - 1];
      const rule = channel === 'uffd' || last === undefined ? UNEXPECTED[channel] : ruleOf(last);
      mismatches.push({ rule, step, expected: NOTHING, observed: observedText(event) });
      return;
    }
    if (!matches(candidate, event)) {
      const rule = brokenBy(candidate, event);
      mismatches.push({ rule, step, expected: expectedText(candidate), observed: observedText(event) });
      return;
    }
    at++;
  }
  for (; at < expected.length; at++) {
    const candidate = expected[at];
    if (candidate === undefined || isOptional(candidate)) continue;
    mismatches.push({ rule: ruleOf(candidate), step, expected: expectedText(candidate), observed: NOTHING });
    return;
  }
}

function isOptional(event: Expected): boolean {
  return 'optional' in event && event.optional;
}

/** Pages that were reported dirty, against those that must and may be. */
function matchDirty(
  step: number,
  region: string,
  pages: DirtyPages,
  reported: ReadonlySet<number>,
  mismatches: Mismatch[],
): void {
  for (const [page, rule] of pages.must) {
    if (reported.has(page)) continue;
    const observed = `dirty in ${region}: ${pageList(reported)}`;
    mismatches.push({ rule, step, expected: dirtyText(region, pages), observed });
    return;
  }
  for (const page of reported) {
    if (pages.must.has(page) || pages.may.has(page)) continue;
    const observed = `dirty in ${region}: ${pageList(reported)}`;
    mismatches.push({ rule: pages.elseRule, step, expected: dirtyText(region, pages), observed });
    return;
  }
}

/** Pages of one slot in the dirty words or ring entries of a step. */
function reportedPages(observed: readonly Observed[], region: string): Set<number> {
  const pages = new Set<number>();
  for (const event of observed) {
    if (event.kind === 'ring_entry' && event.region === region) pages.add(event.page);
    if (event.kind !== 'dirty_word' || event.region !== region) continue;
    for (let bit = 0, bits = event.bits; bits !== 0n; bit++, bits >>= 1n) {
      if ((bits & 1n) !== 0n) pages.add(event.index * 64 + bit);
    }
  }
  return pages;
}

function matchSets(
  step: number,
  expected: readonly Expected[],
  observed: readonly Observed[],
  mismatches: Mismatch[],
): void {
  for (const event of expected) {
    if (event.kind === 'dirty') {
      matchDirty(step, event.region, event.pages, reportedPages(observed, event.region), mismatches);
    } else if (event.kind === 'ring') {
      for (const [region, pages] of Object.entries(event.regions)) {
        matchDirty(step, region, pages, reportedPages(observed, region), mismatches);
      }
    }
  }
}

/** Entries are compared in order per page; a page that was not reported is not compared. */
function matchEntries(
  step: number,
  expected: readonly Expected[],
  observed: readonly Observed[],
  mismatches: Mismatch[],
): void {
  const left = [...expected];
  for (const event of observed) {
    if (event.kind !== 'ptes') continue;
    const at = left.findIndex((one) => one.kind === 'ptes' && one.region === event.region && one.page === event.page);
    const candidate = left[at];
    if (candidate === undefined) continue;
    left.splice(at, 1);
    if (matches(candidate, event)) continue;
    mismatches.push({
      rule: ruleOf(candidate),
      step,
      expected: expectedText(candidate),
      observed: observedText(event),
    });
    return;
  }
}

/** Splits events by channel. */
function byChannel<E extends Expected | Observed>(events: readonly E[]): Record<Channel, E[]> {
  const channels: Record<Channel, E[]> = { uffd: [], cpu0: [], cpu1: [], rest: [], sets: [], ptes: [] };
  for (const event of events) channels[channelOf(event)].push(event);
  return channels;
}

const ORDERED = ['uffd', 'cpu0', 'cpu1', 'rest'] as const;

/** What of one step does not fit one outcome. */
export function matchOutcome(step: number, outcome: Outcome, observed: readonly Observed[]): Mismatch[] {
  const mismatches: Mismatch[] = [];
  const wanted = byChannel(outcome.events);
  const seen = byChannel(observed);
  for (const channel of ORDERED) {
    if (channel === 'uffd' && outcome.anyUserfaults) continue;
    matchOrdered(step, channel, wanted[channel], seen[channel], mismatches);
  }
  if (wanted.sets.length > 0) matchSets(step, wanted.sets, seen.sets, mismatches);
  if (wanted.ptes.length > 0) matchEntries(step, wanted.ptes, seen.ptes, mismatches);
  return mismatches;
}
