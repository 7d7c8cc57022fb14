/** The usual case, fast: the events of a step are those that were predicted, in the order in which they were predicted. */
import type { DirtyPages, Expected, Outcome } from '../../model/expectation.js';
import type { Observed } from '../../driver/observation.js';
import { matches } from './compare.js';

/** Whether every page of a dirty word may be dirty; counts those that must be. -1: one may not. */
function countDemanded(pages: DirtyPages, event: Extract<Observed, { kind: 'dirty_word' }>): number {
  let demanded = 0;
  let { bits } = event;
  for (let page = event.index * 64; bits !== 0n; page++, bits >>= 1n) {
    if ((bits & 1n) === 0n) continue;
    if (pages.must.has(page)) demanded++;
    else if (!pages.may.has(page)) return -1;
  }
  return demanded;
}

/** Channels keep the vCPUs apart; one list does not. Who faults is compared with the message itself. */
function sameVcpu(expected: Expected, event: Observed): boolean {
  return expected.kind === 'uffd' || !('vcpu' in expected) || expected.kind === 'ptes' || expected.vcpu === event.vcpu;
}

/**
 * Matches the events from `start` to `end` (exclusive) one by one. False only says that it is not that simple: the events may
 * still be allowed in another order or with optional ones left out.
 */
export function matchesStraight(outcome: Outcome, events: readonly Observed[], start: number, end: number): boolean {
  let at = start;
  for (const expected of outcome.events) {
    if (expected.kind === 'dirty') {
      const next = skipDirty(expected, events, at, end);
      if (next < 0) return false;
      at = next;
      continue;
    }
    const event = events[at];
    if (at >= end || event === undefined || !matches(expected, event) || !sameVcpu(expected, event)) return false;
    if (event.kind === 'ring_full' && expected.kind === 'done') return false;
    at++;
  }
  return at === end;
}

/** Index after the dirty words of one slot; -1 when these are not as predicted. */
function skipDirty(
  expected: Extract<Expected, { kind: 'dirty' }>,
  events: readonly Observed[],
  from: number,
  end: number,
): number {
  let at = from;
  let demanded = 0;
  for (; at < end; at++) {
    const event = events[at];
    if (event?.kind !== 'dirty_word' || event.region !== expected.region) break;
    const count = countDemanded(expected.pages, event);
    if (count < 0) return -1;
    demanded += count;
  }
  return demanded === expected.pages.must.size ? at : -1;
}
