import type { ArmOp } from '../../../scenario/stage2/ops.js';
import type { Pte, SlotRegion, Uffd } from '../../../scenario/stage2.js';
import { accessOf, pickAccessAt } from '../access.js';
import { bag } from '../dice.js';
import { pagesOf, pickDataRegion, pickPage, pickVcpu, regionOf, slotOf, type Draft, type Motif } from '../draft.js';
import * as shared from '../motifs.js';
import { clearDirty, holeAt, readDirty } from '../steps.js';
import { uffdModes } from '../tables.js';

type Flag = 'af' | 'writable' | 'dbm';

/** An edit of the leaf entry that takes effect at once. */
function leafEdit(draft: Draft, region: 'data' | 'data2', page: number, flag: Flag, set: boolean): Pte {
  const by = draft.dice.percent(35) ? 'host' : 'guest';
  const vcpu = by === 'host' ? 0 : pickVcpu(draft);
  return { kind: 'pte', region, page, level: 'l3', flag, set, by, vcpu, flush: true };
}

/** Reads the dirty state and makes it clean, so that what comes next is seen alone. */
function resetDirty(draft: Draft, region: SlotRegion): void {
  draft.steps.push(readDirty(draft, region));
  const clear = clearDirty(draft, region);
  if (clear !== undefined) draft.steps.push(clear);
}

function ensureLogged(draft: Draft, region: SlotRegion): void {
  const { dice, steps, config } = draft;
  const logged = (region === 'pt' ? config.pt : slotOf(config, region)).flags.log;
  if (!logged && dice.percent(88)) steps.push({ kind: 'memslot', region, action: 'log', on: true });
}

/**
 * Clears the access flag, then makes the log of the page tables clean, so that the walk of the access that follows is the only
 * thing that can have marked them.
 */
function accessFlagMotif(draft: Draft): void {
  const { dice, steps } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  const logs = dice.percent(65);
  if (logs) ensureLogged(draft, 'pt');
  steps.push(leafEdit(draft, region, page, 'af', false));
  if (logs) resetDirty(draft, 'pt');
  steps.push(pickAccessAt(draft, region, page));
  if (logs) steps.push(readDirty(draft, 'pt'));
}

/** A write that the processor may only make after it has made the entry writable. */
function dirtyBitModifierMotif(draft: Draft): void {
  const { dice, steps } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  if (!dice.percent(25)) steps.push(leafEdit(draft, region, page, 'dbm', true));
  steps.push(leafEdit(draft, region, page, 'writable', false));
  const slot: SlotRegion | undefined = dice.percent(35) ? 'pt' : dice.percent(30) ? region : undefined;
  if (slot !== undefined) {
    ensureLogged(draft, slot);
    resetDirty(draft, slot);
  }
  steps.push(pickAccessAt(draft, region, page));
  if (slot !== undefined) steps.push(readDirty(draft, slot));
}

/** Translates an address without an access, which may fault on the tables alone, and then makes the access. */
function translateMotif(draft: Draft): void {
  const { dice, steps, config } = draft;
  if (config.privilege === 'user') {
    accessFlagMotif(draft);
    return;
  }
  const region = dice.percent(10) ? 'none' : pickDataRegion(draft);
  const page = pickPage(draft, region);
  if (region !== 'none') {
    if (dice.percent(45)) steps.push(leafEdit(draft, region, page, dice.percent(75) ? 'af' : 'writable', false));
    if (dice.percent(30)) steps.push(holeAt(draft, region, page));
  }
  if (dice.percent(25)) steps.push(holeAt(draft, 'pt', pickPage(draft, 'pt')));
  steps.push(accessOf(draft, dice.percent(60) ? 'at_s1e1r' : 'at_s1e1w', region, page));
  if (!dice.percent(25)) steps.push(pickAccessAt(draft, region, page));
}

/** A write for which there is no valid syndrome, to memory that became read-only. */
function noSyndromeMotif(draft: Draft): void {
  const { dice, steps, config, tables } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  if (tables.has.readonlyMem && !slotOf(config, region).flags.readonly) {
    const flags = { log: dice.percent(35), readonly: true };
    steps.push({ kind: 'memslot', region, action: 'replace', flags });
  }
  if (dice.percent(35)) steps.push(holeAt(draft, region, page));
  steps.push(accessOf(draft, dice.pick(tables.hardToEmulate[config.privilege]), region, page));
  if (dice.percent(25)) steps.push(readDirty(draft, region));
}

/** Loads and stores of EL1 that are checked as if EL0 made them, beside ordinary ones. */
function unprivilegedMotif(draft: Draft): void {
  const { dice, steps } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  const op: ArmOp = dice.percent(50) ? 'ldtr' : 'sttr';
  if (dice.percent(30)) steps.push(leafEdit(draft, region, page, dice.percent(60) ? 'af' : 'writable', false));
  steps.push(accessOf(draft, op, region, page));
  shared.touch(draft, region, page);
}

/** The tables themselves are logged, read-only or dropped, and then walked. */
function tableSlotMotif(draft: Draft): void {
  const { dice, steps, tables } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  const readonly = tables.has.readonlyMem && dice.percent(45);
  steps.push({ kind: 'memslot', region: 'pt', action: 'replace', flags: { log: dice.percent(60), readonly } });
  if (dice.percent(40)) steps.push(leafEdit(draft, region, page, 'af', false));
  if (dice.percent(35)) steps.push(holeAt(draft, 'pt', pickPage(draft, 'pt')));
  steps.push(pickAccessAt(draft, region, page));
  if (dice.percent(40)) steps.push(readDirty(draft, 'pt'));
}

/** Write-protected tables that a walk wants to update, or data that is written. */
function writeProtectMotif(draft: Draft): void {
  const { dice, steps, config, tables } = draft;
  const data = pickDataRegion(draft);
  const page = pickPage(draft, data);
  const region: SlotRegion = dice.percent(45) ? 'pt' : data;
  const { backing, uffd } = regionOf(config, region);
  if (!uffdModes(tables.has, backing).wp) {
    shared.uffdMotif(draft);
    return;
  }
  if (uffd?.wp !== true) steps.push({ kind: 'uffd', action: 'register', region, uffd: PROTECTING });
  if (region === 'pt') {
    if (dice.percent(70)) steps.push({ ...leafEdit(draft, data, page, 'af', false), by: 'host', vcpu: 0 });
    steps.push({ kind: 'uffd', action: 'protect', region, page: 0, pages: pagesOf(config, 'pt') });
  } else {
    steps.push({ kind: 'uffd', action: 'protect', region, page, pages: 1 });
  }
  steps.push(pickAccessAt(draft, data, page));
  shared.touch(draft, data, page);
}

/** A handler that lets each write go on. */
const PROTECTING: Uffd = {
  missing: false,
  minor: false,
  wp: true,
  missingAnswers: ['copy'],
  minorAnswer: 'continue',
  wpAnswer: 'unprotect',
  delayUs: 0,
};

/** Groups of steps for aarch64, as often as they are wanted. */
export const ARM_MOTIFS = bag<Motif>(
  [shared.accessMotif, 290],
  [shared.holeMotif, 120],
  [shared.dirtyMotif, 105],
  [shared.pteMotif, 65],
  [accessFlagMotif, 55],
  [shared.memslotMotif, 70],
  [shared.hostMotif, 50],
  [shared.uffdMotif, 55],
  [shared.raceMotif, 50],
  [noSyndromeMotif, 40],
  [translateMotif, 28],
  [dirtyBitModifierMotif, 25],
  [tableSlotMotif, 22],
  [shared.tableHoleMotif, 18],
  [unprivilegedMotif, 12],
  [writeProtectMotif, 12],
  [shared.poisonMotif, 4],
  [shared.forkMotif, 3],
);
