/** What the host's steps share. */
import { HUGE_PAGE_SIZE, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import type { Masked } from '../../expectation.js';
import { R, type BookRule } from '../rules/index.js';
import type { Run } from '../run.js';
import { unitPage, type RegionState } from '../state.js';

export const EINVAL = 22;
export const ENOENT = 2;
export const EBUSY = 16;

/** Predicts the result of an ioctl or system call; where its rule is broken the opposite. */
export function result(run: Run, rule: BookRule, errno: number): void {
  plainResult(run, rule, run.docket.holds(rule) ? errno : errno === 0 ? EINVAL : 0);
}

/** A result that does not depend on whether its rule holds. */
export function plainResult(run: Run, rule: BookRule, errno: number, value?: Masked): void {
  run.events.push({ kind: 'result', rule: rule.id, errno, value });
}

/** The driver has nothing to act on. */
export function refusedByDriver(run: Run): void {
  result(run, R.driverRefuses, EINVAL);
}

/** Every unit that a page range touches, by one page of each. */
export function unitsIn(region: RegionState, page: number, pages: number): number[] {
  const units: number[] = [];
  for (let at = page; at < page + pages; at++) {
    const first = unitPage(region, at);
    if (units[units.length - 1] !== first) units.push(first);
  }
  return units;
}

/** Pages of a unit that the guest has mapped. */
export function unitSpan(region: RegionState, page: number): number {
  return region.huge ? Math.min(HUGE_PAGE_SIZE / PAGE_SIZE, region.pages - page) : 1;
}
