import { PTE_BIT } from '../../../scenario/stage2/layout.js';
import type { Pte } from '../../../scenario/stage2/steps.js';
import { guestPteEdit } from './access.js';
import { dropAllCached, flushCached, noteLeafEdit } from '../cached.js';
import { markDirty } from '../dirt.js';
import { touchHost } from '../host.js';
import { withBit } from '../masked.js';
import { R } from '../rules/index.js';
import { ringIsFull } from '../ring.js';
import { contentOf } from '../state.js';
import { plainResult } from '../steps/common.js';
import { hostSignal } from '../steps/host.js';
import { flagOf, levelOf } from './entry.js';
import type { X86Run } from './run.js';
import { enterGuest, syncTables } from './sync.js';
import { entryPlaces } from './tables.js';

/** Interprets a `pte` step. */
export function stepPte(run: X86Run, step: Pte): void {
  const { machine } = run;
  const place = entryPlaces(machine.config, step.region, step.page)[levelOf(step)];
  const pt = machine.region('pt');
  if (step.by === 'guest') {
    const before = contentOf(pt, place.page).word(place.offset);
    guestPteEdit(run, step);
    const rule = run.native ? R.guestEdit : R.guestEditEmulated;
    if (!machine.lost && !run.docket.holds(rule)) contentOf(pt, place.page).setWord(place.offset, before);
  } else {
    // The driver reads the word before it writes it.
    const reached = touchHost(run, pt, place.page, false, 'host');
    if (reached !== 'ok' || touchHost(run, pt, place.page, true, 'host') !== 'ok') {
      if (hostSignal(run, pt, place.page)) return;
    }
    const content = contentOf(pt, place.page);
    const edited = withBit(content.word(place.offset), PTE_BIT[flagOf(step)], step.set);
    if (run.docket.holds(R.hostEdit)) content.setWord(place.offset, edited);
    plainResult(run, R.hostEdit, 0);
  }
  // A vCPU whose ring is full cannot run its flush either. (Only emulated code fills a ring, and it has nothing cached.)
  if (step.flush)
    for (const vcpu of machine.config.vcpus === 2 ? ([0, 1] as const) : ([0] as const)) ringIsFull(run, vcpu);
  if (machine.lost) return;
  noteEdit(run, step, place.page);
}

/** KVM brings its shadow entries up to date with what the guest wrote, and may map a page writable that way. */
function mayMapWritable(run: X86Run, step: Pte): void {
  if (step.region === 'none') return;
  const region = run.machine.region(step.region);
  const pages = step.level === 'pte' ? [step.page] : Array.from({ length: region.pages }, (_, page) => page);
  for (const page of pages) markDirty(run, region, page, R.readMayMark, false, step.vcpu);
}

/** Each vCPU flushes: one page, or everything with the root that it loads again. */
function flushShadow(run: X86Run, level: Pte['level']): void {
  for (const vcpu of run.machine.config.vcpus === 2 ? ([0, 1] as const) : ([0] as const)) {
    enterGuest(run, vcpu);
    if (level !== 'pte') syncTables(run, vcpu);
  }
}

/** What an edit means for translations that are cached. */
function noteEdit(run: X86Run, step: Pte, table: number): void {
  const { machine } = run;
  if (!run.native) return;
  const restricts = !step.set && (step.flag === 'present' || step.flag === 'writable');
  const clearsBits = !step.set && (step.flag === 'accessed' || step.flag === 'dirty');
  const shadowed = run.profile.paging === 'shadow';
  if (step.by === 'guest' && shadowed) {
    if (step.set) mayMapWritable(run, step);
    if (step.level === 'pte') machine.leafEditedAt.set(table, machine.tick);
  }
  const grants = step.set && (step.flag === 'writable' || step.flag === 'dirty');
  if (grants && shadowed && step.level === 'pte') noteLeafEdit(run, step.region, step.page, 'grants');
  // The processor's own walks do not care who wrote the entry; shadow paging follows the guest's writes only.
  if (step.by === 'host' && shadowed) machine.hostChangedAt.set(table, machine.tick);
  else if (step.level !== 'pte') machine.guestEditedAt.set(table, machine.tick);
  else if (restricts) noteLeafEdit(run, step.region, step.page, 'rights');
  else if (clearsBits) noteLeafEdit(run, step.region, step.page, 'bits');
  if (!step.flush) return;
  machine.tick++;
  if (step.by === 'host') dropAllCached(run);
  else if (shadowed) flushShadow(run, step.level);
  flushCached(run, step.region, step.page, step.level !== 'pte');
}
