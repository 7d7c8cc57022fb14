/** Access to backing memory as the host's kernel makes it, for a guest or for the host itself: userfaults happen here. */
import type { Expected } from '../expectation.js';
import type { Base } from './content.js';
import { R } from './rules/index.js';
import { loseTrack, type Run, type Who } from './run.js';
import { contentOf, pagesOfUnit, type RegionState, unitOf, unitPage, type Unit } from './state.js';

export type HostResult = 'ok' | 'protected' | 'poisoned';

/** Gives every page of a unit the same fill. */
export function refillUnit(region: RegionState, page: number, base: Base): void {
  for (const member of pagesOfUnit(region, page)) contentOf(region, member).refill(base);
}

/** Unregistering wakes who waits only where MISSING is among the modes, unless the kernel was mended. */
function withdrawn(run: Run, region: RegionState, optional: boolean): Expected {
  const { id: rule } = R.withdrawal;
  const known = region.uffd?.missing === true || run.profile.uffdUnregisterWakesAll;
  const wakes = known ? R.unregisterWakes : R.unregisterWakesOthers;
  const sleeps = known !== run.docket.holds(wakes);
  return { kind: 'withdrawn', rule, region: region.name, sleeps, wakesRule: wakes.id, optional };
}

/** Nobody answers: the driver unregisters the range and the access goes on. */
function withdraw(run: Run, region: RegionState): void {
  const withdraws = run.docket.holds(R.withdrawal);
  if (withdraws) run.events.push(withdrawn(run, region, false));
  region.uffd = undefined;
  for (const unit of region.units.values()) unit.wp = 'no';
}

function message(
  run: Run,
  region: RegionState,
  page: number,
  who: Who,
  flags: { readonly write: boolean; readonly wp: boolean; readonly minor: boolean; readonly optional?: boolean },
): void {
  const rule = flags.wp ? R.wpMessage : flags.minor ? R.minorMessage : R.missingMessage;
  const told = run.docket.holds(R.writeFlag) ? flags.write : !flags.write;
  if (!run.docket.holds(rule)) return;
  run.events.push({
    kind: 'uffd',
    rule: rule.id,
    vcpu: who,
    region: region.name,
    page: unitPage(region, page),
    write: told,
    wp: flags.wp,
    minor: flags.minor,
    optional: flags.optional === true,
  });
}

/** A unit without content in a range registered for MISSING. */
function answerMissing(run: Run, region: RegionState, page: number, unit: Unit, write: boolean, who: Who): HostResult {
  const uffd = region.uffd;
  if (uffd === undefined) return 'ok';
  message(run, region, page, who, { write, wp: false, minor: false });
  const answer = uffd.missingAnswers[unitPage(region, page) % uffd.missingAnswers.length] ?? 'copy';
  if (answer === 'copy_wp' && !uffd.wp) {
    // UFFDIO_COPY refuses its WP mode on a range without it, so the message stays unanswered.
    withdraw(run, region);
    return populate(run, region, page, unit, write, who);
  }
  switch (answer) {
    case 'copy':
    case 'copy_wp':
      unit.presence = 'mapped';
      unit.wp = answer === 'copy_wp' && run.docket.holds(R.answerCopyWp) ? 'yes' : 'no';
      refillUnit(region, page, run.docket.holds(R.answerCopy) ? 'copy' : 'zero');
      return 'ok';
    case 'zeropage':
      unit.presence = 'mapped';
      unit.wp = 'no';
      refillUnit(region, page, run.docket.holds(R.answerZero) ? 'zero' : 'copy');
      return 'ok';
    case 'poison':
      if (unit.wp !== 'no') {
        // UFFDIO_POISON refuses to replace what is there, even a marker of write protection (mm/userfaultfd.c): nobody answers.
        loseWithdrawal(run, region);
        return 'ok';
      }
      unit.poisoned = run.docket.holds(R.answerPoison);
      return unit.poisoned ? 'poisoned' : 'ok';
    case 'none':
      withdraw(run, region);
      return populate(run, region, page, unit, write, who);
  }
}

/** Pages that one read fault of the host maps at most, aligned to as many. */
const FAULT_AROUND_PAGES = 16;

/** A read fault in shared memory may map what the page cache has of the neighbouring pages as well. */
function faultAround(run: Run, region: RegionState, page: number): void {
  if (!region.shared || region.huge || region.uffd?.minor === true || region.uffd?.wp === true) return;
  const block = (index: number): number => Math.floor((region.first + index) / FAULT_AROUND_PAGES);
  for (const [index, unit] of region.units) {
    if (index === page || unit.presence !== 'cached' || block(index) !== block(page)) continue;
    if (run.docket.holds(R.faultAround)) unit.presence = 'cached_or_mapped';
  }
}

/** The first access since the page's mapping was dropped; it may be mapped again already. */
function populateCached(run: Run, region: RegionState, page: number, unit: Unit, write: boolean, who: Who): void {
  const optional = unit.presence === 'cached_or_mapped';
  if (region.uffd?.minor === true) {
    message(run, region, page, who, { write, wp: false, minor: true, optional });
    if (region.uffd.minorAnswer === 'none') {
      if (optional) loseWithdrawal(run, region);
      else withdraw(run, region);
    } else if (!run.docket.holds(R.answerContinue)) refillUnit(region, page, 'zero');
    else if (optional && unit.wp !== 'no') unit.wp = 'maybe';
    else unit.wp = 'no';
  }
  unit.presence = 'mapped';
}

/** Makes the unit's memory present, as a page fault of the host does. */
function populate(run: Run, region: RegionState, page: number, unit: Unit, write: boolean, who: Who): HostResult {
  if (!write) faultAround(run, region, page);
  if (unit.presence === 'hole') {
    if (region.uffd?.missing === true) return answerMissing(run, region, page, unit, write, who);
    unit.presence = 'mapped';
    const filled = run.docket.holds(region.name === 'pt' ? R.tableHole : R.holeZeroes);
    refillUnit(region, page, filled ? 'zero' : 'initial');
  } else if (unit.presence !== 'mapped') populateCached(run, region, page, unit, write, who);
  return 'ok';
}

/** A write to a unit that userfaultfd may have write-protected. */
function unprotectForWrite(run: Run, region: RegionState, page: number, unit: Unit, who: Who): void {
  if (unit.wp === 'no') return;
  if (region.uffd?.wp !== true) {
    unit.wp = 'no';
    return;
  }
  message(run, region, page, who, { write: true, wp: true, minor: false, optional: unit.wp === 'maybe' });
  if (region.uffd.wpAnswer === 'none') {
    if (unit.wp === 'maybe') loseWithdrawal(run, region);
    else withdraw(run, region);
    return;
  }
  if (run.docket.holds(R.answerUnprotect)) unit.wp = 'no';
}

/** Whether the registration was withdrawn depends on a message that may not have come. */
function loseWithdrawal(run: Run, region: RegionState): void {
  run.events.push(withdrawn(run, region, true));
  loseTrack(run, R.lost);
}

/** Reads or writes one page of a region through the host's mapping; `who` is the thread that faults. */
export function touchHost(run: Run, region: RegionState, page: number, write: boolean, who: Who): HostResult {
  const prot = region.prot.get(page);
  if (prot === 'none' || (prot === 'read' && write)) return 'protected';
  const unit = region.units.get(region.huge ? 0 : page) ?? unitOf(region, page);
  if (unit.poisoned) return 'poisoned';
  if (unit.presence !== 'mapped') {
    const result = populate(run, region, page, unit, write, who);
    if (result !== 'ok') return result;
  } else if (region.uffd !== undefined && !run.docket.holds(R.noMessage))
    message(run, region, page, who, { write, wp: false, minor: false });
  if (write && unit.wp !== 'no') unprotectForWrite(run, region, page, unit, who);
  return 'ok';
}

/** A write to a page that is mapped, which may not come: whether the page is write-protected afterwards is open then. */
export function touchPerhaps(run: Run, region: RegionState, page: number, who: Who): void {
  const unit = unitOf(region, page);
  if (unit.wp === 'no') return;
  unit.wp = 'maybe';
  touchHost(run, region, page, true, who);
  if (region.uffd?.wp === true) unit.wp = 'maybe';
}
