/** Steps that have something to do with each other: a fault and what answers it, a registration and what it changes. */
import { UFFD_FEATURE_NAMES } from '../../scenario/uffd/features.js';
import { bag, type Bag } from '../stage2/dice.js';
import type { ModeName } from '../../scenario/uffd/ioctls.js';
import { anyAdvice, letGoAndTouch, populateAndAnswer } from './advise.js';
import { divert, forkOrExit, moveInCommon } from './family.js';
import { addAccess, ioctl, pickModes, pickPage, pickRange, registerModes, type UffdDraft } from './draft.js';
import { spoil } from './spoil.js';

type Motif = (draft: UffdDraft) => void;

function addRegister(draft: UffdDraft, range = pickRange(draft)): void {
  draft.steps.push(
    ioctl('register', range, [...registerModes(draft), ...(draft.dice.percent(1) ? ['bogus' as const] : [])]),
  );
}

/** Registers everything, as most programs do. */
export function registerAll(draft: UffdDraft): void {
  addRegister(draft, { page: 0, pages: draft.config.content.length, flaw: 'none' });
}

const FILLS = bag<'copy' | 'zeropage' | 'continue' | 'poison'>(
  ['copy', 6],
  ['zeropage', 3],
  ['continue', 2],
  ['poison', 2],
);
const FILL_MODES: Readonly<Partial<Record<ModeName, number>>> = { dontwake: 20, wp: 25 };

function addFill(draft: UffdDraft, page = pickPage(draft)): void {
  const name = draft.dice.pick(FILLS);
  const source = name === 'copy' ? draft.dice.below(2) : 0;
  draft.steps.push(ioctl(name, pickRange(draft, page), pickModes(draft, name, FILL_MODES), source));
}

/** Mostly from a page that may be there to one that may not. */
function addMove(draft: UffdDraft): void {
  const source = draft.dice.below(draft.config.content.length);
  const modes = pickModes(draft, 'move', { dontwake: 20, allow_src_holes: 30 });
  draft.steps.push(ioctl('move', pickRange(draft), modes, source));
}

function addProtect(draft: UffdDraft, on: boolean, page = pickPage(draft)): void {
  const mode: ModeName[] = on ? ['wp'] : [];
  if (draft.dice.percent(on ? 3 : 15)) mode.push('dontwake');
  if (draft.dice.percent(1)) mode.push('bogus');
  draft.steps.push(ioctl('writeprotect', pickRange(draft, page), mode));
}

function addWake(draft: UffdDraft, page = pickPage(draft)): void {
  draft.steps.push(ioctl('wake', pickRange(draft, page)));
}

/** A page, or the mark of one, and its neighbour move on, also to where they overlap with themselves. */
const moveOn: Motif = (draft) => {
  const { dice, config, steps } = draft;
  const source = pickPage(draft);
  if (dice.percent(30)) steps.push(ioctl('poison', { page: source, pages: 1, flaw: 'none' }));
  else if (dice.percent(60)) addAccess(draft, source, 'write');
  if (dice.percent(30)) addProtect(draft, true, source);
  const page = Math.max(0, source - dice.between(1, 2));
  const pages = dice.between(1, Math.min(2, config.content.length - Math.max(page, source)));
  steps.push(ioctl('move', { page, pages, flaw: 'none' }, pickModes(draft, 'move', { allow_src_holes: 30 }), source));
};

const lookAtEntries: Motif = (draft) => {
  draft.steps.push({ kind: 'pagemap', range: pickRange(draft, pickPage(draft), 0) });
};

/** A fault, and an answer to it. */
const faultAndAnswer: Motif = (draft) => {
  const page = pickPage(draft);
  addAccess(draft, page);
  if (draft.dice.percent(30)) addAccess(draft, page);
  addFill(draft, page);
  if (draft.dice.percent(30)) addWake(draft, page);
};

/** A page is there, is protected, is written, and is let go. */
const protectAndWrite: Motif = (draft) => {
  const page = pickPage(draft);
  if (draft.dice.percent(50)) addFill(draft, page);
  addProtect(draft, true, page);
  addAccess(draft, page, draft.dice.percent(75) ? 'write' : 'read');
  if (draft.dice.percent(70)) addProtect(draft, false, page);
};

const unregister: Motif = (draft) => {
  if (draft.dice.percent(50)) addAccess(draft);
  draft.steps.push(ioctl('unregister', pickRange(draft)));
};

const shakeAgain: Motif = ({ dice, steps }) => {
  steps.push({
    kind: 'api',
    fresh: dice.percent(60),
    version: dice.percent(80) ? 'known' : 'unknown',
    features: UFFD_FEATURE_NAMES.filter(() => dice.percent(15)),
    unknownFeature: dice.percent(20),
  });
};

const MOTIFS: Bag<Motif> = bag<Motif>(
  [faultAndAnswer, 8],
  [protectAndWrite, 5],
  [unregister, 2],
  [
    (draft) => {
      addRegister(draft);
    },
    3,
  ],
  [
    (draft) => {
      addFill(draft);
    },
    4,
  ],
  [
    (draft) => {
      addAccess(draft);
    },
    5,
  ],
  [
    (draft) => {
      addWake(draft);
    },
    2,
  ],
  [addMove, 2],
  [moveOn, 1],
  [lookAtEntries, 2],
  [shakeAgain, 1],
  [letGoAndTouch, 3],
  [populateAndAnswer, 2],
  [anyAdvice, 1],
);

/** Of a scenario with a child: how often it comes or goes, and how much of the rest it does, in percent. */
const COMES_OR_GOES_PERCENT = 25;
const BY_CHILD_PERCENT = 50;
const MOVE_PERCENT = 40;

function addFamilyMotif(draft: UffdDraft): void {
  const { dice, steps } = draft;
  const from = steps.length;
  if (from > 1 && dice.percent(COMES_OR_GOES_PERCENT)) {
    forkOrExit(draft);
    if (dice.percent(MOVE_PERCENT)) moveInCommon(draft);
    return;
  }
  dice.pick(MOTIFS)(draft);
  if (dice.percent(BY_CHILD_PERCENT)) divert(draft, from);
}

/** Appends steps that belong together. */
export function addMotif(draft: UffdDraft): void {
  const first = draft.steps.length;
  if (draft.forks) addFamilyMotif(draft);
  else draft.dice.pick(MOTIFS)(draft);
  for (const [i, step] of draft.steps.slice(first).entries()) draft.steps[first + i] = spoil(draft, step);
}
