import type { SlotRegion, Uffd } from '../../scenario/stage2.js';
import { pickAccess, pickAccessAt, pickRace } from './access.js';
import { pickDataRegion, pickPage, slotOf, type Draft } from './draft.js';
import {
  clearDirty,
  holeAt,
  hostProtect,
  hostRead,
  hostWrite,
  memslotOf,
  pteAt,
  readDirty,
  uffdStep,
} from './steps.js';

/** Any access. */
export function accessMotif(draft: Draft): void {
  draft.steps.push(pickAccess(draft));
}

/** Follows up on what was just done to the page. */
export function touch(draft: Draft, region: 'data' | 'data2', page: number): void {
  if (!draft.dice.percent(12)) draft.steps.push(pickAccessAt(draft, region, page));
}

/** A hole in the data, and accesses that meet it. */
export function holeMotif(draft: Draft): void {
  const { dice, steps } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  steps.push(holeAt(draft, region, page));
  touch(draft, region, page);
  if (dice.percent(25)) steps.push(pickAccessAt(draft, region, page));
}

/** A hole in the page tables, which a walk then runs into. */
export function tableHoleMotif(draft: Draft): void {
  const { steps } = draft;
  steps.push(holeAt(draft, 'pt', pickPage(draft, 'pt')));
  const region = pickDataRegion(draft);
  touch(draft, region, pickPage(draft, region));
}

/** Reads what is dirty around an access, and again after the next one. */
export function dirtyMotif(draft: Draft): void {
  const { dice, steps, config } = draft;
  const data = pickDataRegion(draft);
  const slot: SlotRegion = dice.percent(18) ? 'pt' : data;
  const page = pickPage(draft, data);
  const logged = (slot === 'pt' ? config.pt : slotOf(config, data)).flags.log;
  if (!logged && dice.percent(85)) steps.push({ kind: 'memslot', region: slot, action: 'log', on: true });
  if (dice.percent(60)) steps.push(pickAccessAt(draft, data, page));
  if (!dice.percent(25)) steps.push(readDirty(draft, slot));
  const clear = clearDirty(draft, slot);
  if (clear !== undefined && dice.percent(70)) steps.push(clear);
  if (dice.percent(45)) {
    steps.push(pickAccessAt(draft, data, page));
    steps.push(readDirty(draft, slot));
  }
}

/** A change of a slot between accesses. */
export function memslotMotif(draft: Draft): void {
  const { dice, steps } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  if (dice.percent(30)) steps.push(pickAccessAt(draft, region, page));
  steps.push(memslotOf(draft, dice.percent(12) ? 'pt' : region));
  touch(draft, region, page);
  if (dice.percent(20)) steps.push(memslotOf(draft, region));
}

/** An edit of a page table between accesses. */
export function pteMotif(draft: Draft): void {
  const { dice, steps } = draft;
  const region = dice.percent(10) ? 'none' : pickDataRegion(draft);
  const page = pickPage(draft, region);
  if (dice.percent(30)) steps.push(pickAccessAt(draft, region, page));
  steps.push(pteAt(draft, region, page));
  if (!dice.percent(15)) steps.push(pickAccessAt(draft, region, page));
}

/** The host reads, writes or protects a page that the guest also touches. */
export function hostMotif(draft: Draft): void {
  const { dice, steps } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  const choice = dice.below(10);
  if (choice < 3) {
    steps.push(hostWrite(draft, region, page));
    touch(draft, region, page);
  } else if (choice < 6) {
    touch(draft, region, page);
    steps.push(hostRead(draft, region, page));
  } else {
    const protect = hostProtect(draft, region, page);
    steps.push(protect);
    touch(draft, region, page);
    if (dice.percent(50) && protect.action === 'mprotect') {
      steps.push({ ...protect, prot: 'read_write' });
      touch(draft, region, page);
    }
  }
}

/** A change of a userfaultfd registration, and an access that runs into it. */
export function uffdMotif(draft: Draft): void {
  const { dice, steps } = draft;
  const data = pickDataRegion(draft);
  const region: SlotRegion = dice.percent(12) ? 'pt' : data;
  const page = pickPage(draft, data);
  const step = uffdStep(draft, region, region === 'pt' ? pickPage(draft, 'pt') : page);
  if (step !== undefined) steps.push(step);
  if (step?.action !== 'protect' && dice.percent(50)) steps.push(holeAt(draft, data, page));
  touch(draft, data, page);
}

/** Two accesses at once, where there are two vCPUs. */
export function raceMotif(draft: Draft): void {
  if (draft.config.vcpus === 2) draft.steps.push(pickRace(draft));
  else accessMotif(draft);
}

/** A child holds the pages while the guest writes. */
export function forkMotif(draft: Draft): void {
  const { dice, steps } = draft;
  steps.push({ kind: 'host', action: 'fork' });
  const region = pickDataRegion(draft);
  touch(draft, region, pickPage(draft, region));
  if (dice.percent(60)) steps.push({ kind: 'host', action: 'release' });
}

/** Poisoned memory, of the page tables or of a slot that is often read-only, and an access that meets it. */
export function poisonMotif(draft: Draft): void {
  const { dice, steps, tables } = draft;
  if (!tables.has.userfaultfd || !tables.has.uffdPoison) {
    holeMotif(draft);
    return;
  }
  const data = pickDataRegion(draft);
  const region: SlotRegion = dice.percent(30) ? 'pt' : data;
  const page = pickPage(draft, region);
  steps.push({ kind: 'uffd', action: 'register', region, uffd: POISONING });
  if (region !== 'pt' && dice.percent(50)) {
    steps.push({ kind: 'memslot', region, action: 'replace', flags: { log: dice.percent(20), readonly: true } });
  }
  steps.push(holeAt(draft, region, page));
  const target = region === 'pt' ? pickPage(draft, data) : page;
  // Without cached translations the walk has to read the tables.
  if (region === 'pt') steps.push(holeAt(draft, data, target));
  touch(draft, data, target);
}

/** A handler that poisons every page it is asked for. */
const POISONING: Uffd = {
  missing: true,
  minor: false,
  wp: false,
  missingAnswers: ['poison'],
  minorAnswer: 'continue',
  wpAnswer: 'unprotect',
  delayUs: 0,
};
