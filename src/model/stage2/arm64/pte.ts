/** The `pte` step: edits of descriptors by the guest and by the host, and the TLBI that makes them hold. */
import { ARM_PTE_BIT } from '../../../scenario/stage2/arch.js';
import type { Access, ArmPteFlag, ArmPteLevel, Pte } from '../../../scenario/stage2/steps.js';
import { flushCached, noteLeafEdit } from '../cached.js';
import { touchHost } from '../host.js';
import { bitOf, withBit } from '../masked.js';
import type { EntryPlace } from '../regions.js';
import { ringIsFull } from '../ring.js';
import { R } from '../rules/index.js';
import { contentOf } from '../state.js';
import { plainResult } from '../steps/common.js';
import { hostSignal } from '../steps/host.js';
import { performAt } from './access.js';
import { INSTRUCTIONS } from './instructions.js';
import type { ArmRun } from './run.js';
import { entryPlaces, leafPage } from './tables.js';

/** The scenario's constraints keep levels and flags of other architectures out. */
function levelOf({ level }: Pte): ArmPteLevel {
  if (level === 'l3' || level === 'l2' || level === 'l1') return level;
  throw new Error(`HARNESS: aarch64 has no level ${level}`);
}

function flagOf({ flag }: Pte): ArmPteFlag {
  if (flag === 'valid' || flag === 'writable' || flag === 'af' || flag === 'dbm') return flag;
  throw new Error(`HARNESS: aarch64 has no flag ${flag}`);
}

/** The bit of a flag, and what setting the flag makes of it. */
function bitFor(step: Pte): { readonly bit: number; readonly value: boolean } {
  switch (flagOf(step)) {
    case 'valid':
      return { bit: ARM_PTE_BIT.valid, value: step.set };
    case 'writable':
      return { bit: ARM_PTE_BIT.readonly, value: !step.set };
    case 'af':
      return { bit: ARM_PTE_BIT.accessed, value: step.set };
    case 'dbm':
      return { bit: ARM_PTE_BIT.dbm, value: step.set };
  }
}

/** An atomic of the guest, through the alias of the page tables; without FEAT_LSE a pair of exclusives. */
function editByGuest(run: ArmRun, step: Pte, entry: EntryPlace): void {
  const access: Access = {
    kind: 'access',
    op: 'swp',
    width: 8,
    vcpu: step.vcpu,
    region: 'data',
    page: entry.page,
    offset: entry.offset,
    value: '0x0',
    comparand: 'initial',
    count: 1,
    sweep: 1,
    peer: { region: 'scratch' },
  };
  const how = run.profile.features.lse ? INSTRUCTIONS.swp : INSTRUCTIONS.stxr;
  performAt(run, { access, vcpu: step.vcpu, operand: { place: 'pt', ...entry }, how, edit: bitFor(step) });
}

/** The host changes the word through its own mapping. True: it could. */
function editByHost(run: ArmRun, step: Pte, entry: EntryPlace): boolean {
  const pt = run.machine.region('pt');
  // The driver reads the word before it writes it.
  const reached = touchHost(run, pt, entry.page, false, 'host');
  if (reached !== 'ok' || touchHost(run, pt, entry.page, true, 'host') !== 'ok') {
    if (hostSignal(run, pt, entry.page)) return false;
  }
  const content = contentOf(pt, entry.page);
  const { bit, value } = bitFor(step);
  if (run.docket.holds(R.hostTableEdit)) content.setWord(entry.offset, withBit(content.word(entry.offset), bit, value));
  plainResult(run, R.hostTableEdit, 0);
  return true;
}

/** Whether a TLB may hold what the edit changed. Entries that fault are not cached: neither invalid ones nor, where software sets it, ones without the access flag. */
function needsFlush(run: ArmRun, step: Pte, before: boolean | undefined): 'rights' | 'bits' | undefined {
  if (before === bitFor(step).value) return undefined;
  switch (flagOf(step)) {
    case 'valid':
      return step.set ? undefined : 'rights';
    case 'af':
      if (step.set) return undefined;
      return run.config.ha ? 'bits' : 'rights';
    case 'dbm':
      return run.config.hd ? 'rights' : undefined;
    case 'writable':
      return 'rights';
  }
}

/** Interprets a `pte` step. */
export function stepPte(run: ArmRun, step: Pte): void {
  const { machine, docket } = run;
  const level = levelOf(step);
  const entry = entryPlaces(run.config, step.region, step.page)[level];
  const pt = machine.region('pt');
  const content = contentOf(pt, entry.page);
  const before = content.word(entry.offset);
  const unit = pt.units.get(pt.huge ? 0 : entry.page);
  const known = unit === undefined || unit.presence === 'mapped' ? bitOf(before, bitFor(step).bit) : undefined;
  if (step.by === 'guest') {
    editByGuest(run, step, entry);
    if (!machine.lost && !docket.holds(R.tableEdit)) content.setWord(entry.offset, before);
  } else if (!editByHost(run, step, entry)) return;
  // A vCPU whose ring is full cannot run its flush either.
  if (step.flush) ringIsFull(run, step.vcpu);
  if (machine.lost) return;
  const stale = needsFlush(run, step, known);
  const leaf = leafPage(run.config, step.page);
  if (stale !== undefined && level !== 'l3') machine.guestEditedAt.set(entry.page, machine.tick);
  else if (stale !== undefined) noteLeafEdit(run, step.region, leaf, stale);
  if (!step.flush) return;
  machine.tick++;
  flushCached(run, step.region, leaf, level !== 'l3');
}
