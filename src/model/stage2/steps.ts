/** The host's steps: holes, memslots, dirty tracking, memory, userfaultfd. Each changes the machine and predicts its result. */
import { HUGE_PAGE_SIZE, PAGE_SIZE, PTE_BIT } from '../../scenario/stage2/layout.js';
import type { Uffd } from '../../scenario/stage2/config.js';
import type { DirtyLog, Hole, Host, Memslot, Pte, SlotRegion, UffdStep } from '../../scenario/stage2/steps.js';
import type { DirtyPages, Masked } from '../expectation.js';
import { dirtOf } from './dirt.js';
import { entryPlaces } from './fills.js';
import { touchHost } from './host.js';
import { exactly, withBit } from './masked.js';
import { R, type BookRule } from './rules/index.js';
import type { Run } from './run.js';
import { contentOf, unitOf, unitPage, type RegionState } from './state.js';
import { guestPteEdit, ringIsFull } from './access.js';

const EINVAL = 22;
const ENOENT = 2;

function result(run: Run, rule: BookRule, errno: number, value?: Masked): void {
  if (!run.docket.holds(rule)) return;
  run.events.push({ kind: 'result', rule: rule.id, errno, value });
}

/** The driver has nothing to act on. */
function refusedByDriver(run: Run): void {
  run.docket.holds(R.driverRefuses);
  run.events.push({ kind: 'result', rule: R.driverRefuses.id, errno: EINVAL, value: undefined });
}

/** Every unit that a page range touches, by one page of each. */
function unitsIn(region: RegionState, page: number, pages: number): number[] {
  const units: number[] = [];
  for (let at = page; at < page + pages; at++) {
    const first = unitPage(region, at);
    if (units[units.length - 1] !== first) units.push(first);
  }
  return units;
}

/** KVM is told that the host's mapping of these pages changed: what it cached of them is gone. */
function dropCached(run: Run, region: RegionState, page: number, pages: number): void {
  const { machine } = run;
  if (region.name === 'pt') {
    for (let at = page; at < page + pages; at++) machine.tableChangedAt.set(at, machine.tick);
    return;
  }
  for (let at = page; at < Math.min(page + pages, region.pages); at++) {
    const key = `${region.name}:${at}`;
    const cached = machine.cached.get(key);
    machine.cached.set(key, { cleanAt: machine.tick, changedAt: cached?.changedAt ?? -1, openBits: false });
  }
}

function dropAllCached(run: Run): void {
  run.machine.allCleanAt = run.machine.tick;
  for (const cached of run.machine.cached.values()) cached.openBits = false;
}

function unitSpan(region: RegionState, page: number): number {
  return region.huge ? Math.min(HUGE_PAGE_SIZE / PAGE_SIZE, region.pages - page) : 1;
}

export function stepHole(run: Run, step: Hole): void {
  const region = run.machine.region(step.region);
  result(run, R.holeWorks, 0);
  for (const page of unitsIn(region, step.page, step.pages)) {
    const unit = unitOf(region, page);
    dropCached(run, region, page, unitSpan(region, page));
    if (step.how === 'free' && unit.poisoned) {
      // MADV_FREE drops markers at once.
      unit.poisoned = false;
      unit.presence = 'hole';
      continue;
    }
    if (step.how === 'free') {
      if (unit.presence !== 'mapped') continue;
      run.docket.holds(R.holeFreeEither);
      contentOf(region, page).mayTurnZero();
      continue;
    }
    if (unit.poisoned && region.shared) {
      // Whether the marker of a poisoned page in shared memory goes with the mapping is not documented.
      run.docket.holds(R.lost);
      run.machine.lost = true;
      run.openRule = R.lost.id;
      return;
    }
    unit.poisoned = false;
    const keeps = region.shared && step.how === 'dontneed';
    if (keeps && unit.presence !== 'hole' && run.docket.holds(R.holeSharedKeeps)) unit.presence = 'cached';
    else unit.presence = 'hole';
    if (unit.wp !== 'no') unit.wp = region.shared || region.huge ? 'maybe' : 'no';
  }
}

export function stepPte(run: Run, step: Pte): void {
  const { machine } = run;
  const place = entryPlaces(machine.config, step.region, step.page)[step.level];
  if (step.by === 'guest') guestPteEdit(run, step);
  else {
    const pt = machine.region('pt');
    // The driver reads the word before it writes it.
    const reached = touchHost(run, pt, place.page, false, 'host');
    if (reached !== 'ok' || touchHost(run, pt, place.page, true, 'host') !== 'ok') {
      run.events.push({ kind: 'sigbus', rule: R.hostSignal.id, vcpu: 'host', region: 'pt', page: place.page });
      return;
    }
    const content = contentOf(pt, place.page);
    content.setWord(place.offset, withBit(content.word(place.offset), PTE_BIT[step.flag], step.set));
    result(run, R.hostEdit, 0);
  }
  // A vCPU whose ring is full cannot run its flush either. (Only emulated code fills a ring, and it has nothing cached.)
  if (step.flush)
    for (const vcpu of machine.config.vcpus === 2 ? ([0, 1] as const) : ([0] as const)) ringIsFull(run, vcpu);
  if (machine.lost) return;
  noteEdit(run, step, place.page);
}

/** What an edit means for translations that are cached. */
function noteEdit(run: Run, step: Pte, table: number): void {
  const { machine } = run;
  if (!run.native) {
    run.docket.holds(R.guestEditEmulated);
    return;
  }
  if (step.by === 'guest') run.docket.holds(R.guestEdit);
  const key = `${step.region}:${step.page}`;
  const cached = machine.cached.get(key) ?? { cleanAt: -1, changedAt: -1, openBits: false };
  const restricts = !step.set && (step.flag === 'present' || step.flag === 'writable');
  const clearsBits = !step.set && (step.flag === 'accessed' || step.flag === 'dirty');
  if (step.level !== 'pte' || step.by === 'host') machine.tableChangedAt.set(table, machine.tick);
  else if (restricts) machine.cached.set(key, { ...cached, changedAt: machine.tick });
  else if (clearsBits) machine.cached.set(key, { ...cached, openBits: true });
  if (!step.flush) return;
  machine.tick++;
  if (step.by === 'host' || step.level !== 'pte') dropAllCached(run);
  else machine.cached.set(key, { ...cached, cleanAt: machine.tick, openBits: false });
}

/** A bitmap goes with its slot's logging; entries stay in a ring. */
function forgetDirt(run: Run, region: RegionState): void {
  if (run.machine.config.dirtyTracking !== 'ring') region.slot.dirt.clear();
  for (const dirt of region.slot.dirt.values()) dirt.open = 'no';
}

/** One KVM_SET_USER_MEMORY_REGION that keeps or creates the slot. */
function setSlot(run: Run, region: RegionState, flags: RegionState['slot']['flags'], away: boolean): number {
  const { slot } = region;
  const { machine } = run;
  if (slot.exists && flags.readonly !== slot.flags.readonly && run.docket.holds(R.slotReadonlyFixed)) return EINVAL;
  const started = !slot.exists || (flags.log && !slot.flags.log);
  if (!slot.exists || away !== slot.away) dropAllCached(run);
  if (started || !flags.log) {
    forgetDirt(run, region);
    slot.allDirty = flags.log && machine.config.dirtyTracking === 'bitmap_manual_init_set';
    if (flags.log) run.docket.holds(slot.allDirty ? R.initiallySet : R.startsClean);
  }
  if (!slot.exists) run.docket.holds(R.slotCreate);
  else if (away !== slot.away) run.docket.holds(R.slotMove);
  slot.exists = true;
  slot.flags = flags;
  slot.away = away;
  return 0;
}

function deleteSlot(run: Run, region: RegionState): number {
  if (!region.slot.exists) {
    run.docket.holds(R.slotNoneToDelete);
    return EINVAL;
  }
  dropAllCached(run);
  forgetDirt(run, region);
  region.slot.allDirty = false;
  region.slot.exists = !run.docket.holds(R.slotDelete);
  return 0;
}

export function stepMemslot(run: Run, step: Memslot): void {
  const region = run.machine.region(step.region);
  const { slot } = region;
  let errno: number;
  switch (step.action) {
    case 'log':
      errno = setSlot(run, region, { ...slot.flags, log: step.on }, slot.away);
      break;
    case 'replace':
      if (slot.exists) deleteSlot(run, region);
      slot.exists = false;
      errno = setSlot(run, region, step.flags, false);
      break;
    case 'delete':
      errno = deleteSlot(run, region);
      break;
    case 'create':
      errno = setSlot(run, region, step.flags, slot.away);
      break;
    case 'move':
      errno = setSlot(run, region, slot.flags, step.to === 'away');
      break;
  }
  result(run, R.slotWorks, errno);
}

const WORD_PAGES = 64;

/** What a report of one slot's dirty pages must and may contain. */
function dirtyPages(region: RegionState): DirtyPages {
  const must = new Map<number, string>();
  const may = new Map<number, string>();
  if (region.slot.allDirty) for (let page = 0; page < region.slotPages; page++) must.set(page, R.initiallySet.id);
  for (const [page, dirt] of region.slot.dirt) {
    if (dirt.state === 'must') must.set(page, dirt.rule);
    else if (dirt.state === 'may' && !must.has(page)) may.set(page, dirt.rule);
  }
  return { must, may, elseRule: region.slot.flags.readonly ? R.readonlyClean.id : R.untouchedClean.id };
}

function getLog(run: Run, name: SlotRegion): void {
  const region = run.machine.region(name);
  if (!region.slot.exists || !region.slot.flags.log) {
    result(run, R.unloggedRefused, ENOENT);
    return;
  }
  result(run, R.ioctlSucceeds, 0);
  run.docket.holds(R.untouchedClean);
  run.events.push({ kind: 'dirty', region: name, pages: dirtyPages(region) });
  const manual = run.machine.config.dirtyTracking !== 'bitmap';
  if (manual ? !run.docket.holds(R.manualKeeps) : run.docket.holds(R.getResets)) region.slot.dirt.clear();
}

function clearLog(run: Run, name: SlotRegion, page: number, pages: number): void {
  const region = run.machine.region(name);
  if (!region.slot.exists || !region.slot.flags.log) {
    result(run, R.unloggedRefused, ENOENT);
    return;
  }
  result(run, R.ioctlSucceeds, 0);
  if (!run.docket.holds(R.clearResets)) return;
  const first = Math.floor(page / WORD_PAGES) * WORD_PAGES;
  const last = Math.min(Math.ceil((page + pages) / WORD_PAGES) * WORD_PAGES, region.slotPages);
  if (region.slot.allDirty) {
    // From "all but" to "only": list what stays dirty.
    for (let at = 0; at < region.slotPages; at++) {
      const dirt = dirtOf(region, at);
      dirt.state = 'must';
      dirt.rule = R.initiallySet.id;
    }
    region.slot.allDirty = false;
  }
  for (let at = first; at < last; at++) region.slot.dirt.delete(at);
}

const REGIONS = ['pt', 'data', 'data2'] as const;

function harvest(run: Run): void {
  const regions: Partial<Record<SlotRegion, DirtyPages>> = {};
  for (const name of REGIONS) {
    const region = run.machine.regions[name];
    if (region === undefined) continue;
    regions[name] = dirtyPages(region);
    for (const dirt of region.slot.dirt.values()) {
      if (dirt.state !== 'no') dirt.harvested = true;
      dirt.state = 'no';
    }
  }
  run.docket.holds(R.untouchedClean);
  run.events.push({ kind: 'ring', regions });
  result(run, R.ioctlSucceeds, 0);
  run.machine.collectRings();
}

function resetRings(run: Run): void {
  result(run, R.ioctlSucceeds, 0);
  for (const name of REGIONS) {
    const region = run.machine.regions[name];
    for (const dirt of region?.slot.dirt.values() ?? []) {
      if (dirt.harvested && run.docket.holds(R.ringRearms)) dirt.open = 'no';
      dirt.harvested = false;
    }
  }
  run.machine.resetRings();
}

export function stepDirtyLog(run: Run, step: DirtyLog): void {
  switch (step.action) {
    case 'get':
      getLog(run, step.region);
      return;
    case 'clear':
      clearLog(run, step.region, step.page, step.pages);
      return;
    case 'harvest':
      harvest(run);
      return;
    case 'reset':
      resetRings(run);
      return;
  }
}

function hostSignal(run: Run, region: RegionState, page: number): void {
  run.docket.holds(R.hostSignal);
  run.events.push({ kind: 'sigbus', rule: R.hostSignal.id, vcpu: 'host', region: region.name, page });
}

function mprotect(run: Run, step: Extract<Host, { action: 'mprotect' }>): void {
  const region = run.machine.region(step.region);
  for (const page of unitsIn(region, step.page, step.pages)) {
    const span = unitSpan(region, page);
    dropCached(run, region, page, span);
    for (let at = page; at < page + span; at++) region.prot.set(at, step.prot);
  }
  result(run, R.mprotectWorks, 0);
}

export function stepHost(run: Run, step: Host): void {
  const { machine } = run;
  switch (step.action) {
    case 'read':
    case 'write': {
      const region = machine.region(step.region);
      const write = step.action === 'write';
      if (touchHost(run, region, step.page, write, 'host') !== 'ok') {
        if (!machine.lost) hostSignal(run, region, step.page);
        return;
      }
      const content = contentOf(region, step.page);
      if (step.action === 'read') {
        result(run, R.hostSeesGuest, 0, content.word(step.offset));
        return;
      }
      if (run.docket.holds(R.guestSeesHost)) content.setWord(step.offset, exactly(BigInt(step.value)));
      run.docket.holds(R.hostWriteSilent);
      result(run, R.guestSeesHost, 0);
      return;
    }
    case 'mprotect':
      mprotect(run, step);
      return;
    case 'fork':
      if (machine.forked) {
        refusedByDriver(run);
        return;
      }
      machine.forked = true;
      result(run, R.forkIsolates, 0);
      return;
    case 'release':
      if (!machine.forked) {
        refusedByDriver(run);
        return;
      }
      expectChild(run);
      return;
  }
}

/** The child's report when it is released. */
export function expectChild(run: Run): void {
  run.machine.forked = false;
  run.docket.holds(R.forkIsolates);
  run.events.push({ kind: 'child', rule: R.forkIsolates.id, changed: false });
}

/** The modes in force after a registration, with the new script. */
function registeredModes(run: Run, before: Uffd | undefined, wanted: Uffd): Uffd {
  if (before === undefined) return wanted;
  const adds = (wanted.missing && !before.missing) || (wanted.minor && !before.minor) || (wanted.wp && !before.wp);
  if (adds || !run.docket.holds(R.registerAgain)) return wanted;
  return { ...wanted, missing: before.missing, minor: before.minor, wp: before.wp };
}

export function stepUffd(run: Run, step: UffdStep): void {
  const region = run.machine.region(step.region);
  switch (step.action) {
    case 'register':
      region.uffd = registeredModes(run, region.uffd, step.uffd);
      region.wpAsked = step.uffd.wp;
      result(run, R.ioctlWorks, 0);
      return;
    case 'answers':
      if (region.uffd !== undefined) {
        region.uffd = { ...step.uffd, missing: region.uffd.missing, minor: region.uffd.minor, wp: region.uffd.wp };
      }
      result(run, R.ioctlWorks, 0);
      return;
    case 'unregister':
      if (region.uffd === undefined) {
        refusedByDriver(run);
        return;
      }
      if (run.docket.holds(R.unregisterClears)) {
        region.uffd = undefined;
        for (const unit of region.units.values()) unit.wp = 'no';
      }
      result(run, R.ioctlWorks, 0);
      return;
    case 'protect':
    case 'unprotect':
      if (region.uffd === undefined || !region.wpAsked) {
        refusedByDriver(run);
        return;
      }
      result(run, R.ioctlWorks, 0);
      for (const page of unitsIn(region, step.page, step.pages))
        protectUnit(run, region, page, step.action === 'protect');
  }
}

function protectUnit(run: Run, region: RegionState, page: number, protect: boolean): void {
  const unit = unitOf(region, page);
  dropCached(run, region, page, unitSpan(region, page));
  if (!protect) {
    unit.wp = 'no';
    return;
  }
  if (!run.docket.holds(R.protectPresent)) return;
  const anonymous = !region.shared && !region.huge;
  if (unit.presence === 'mapped' || !anonymous) unit.wp = 'yes';
}
