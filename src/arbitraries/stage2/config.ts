import { BACKING_INFO } from '../../scenario/stage2/backing.js';
import {
  MAX_ANSWERS,
  MAX_MMIO_READS,
  MAX_NONE_PAGES,
  MAX_OFFSET_PAGES,
  MAX_PAGES,
} from '../../scenario/stage2/layout.js';
import type {
  Backing,
  DataRegion,
  MissingAnswer,
  PtRegion,
  SlotFlags,
  Stage2Config,
  Uffd,
} from '../../scenario/stage2.js';
import { bag, type Dice } from './dice.js';
import { uffdModes, type Tables, type UffdModes } from './tables.js';
import { pickValue } from './values.js';

const ANSWERS = bag<MissingAnswer>(['copy', 70], ['zeropage', 16], ['copy_wp', 10], ['poison', 3]);
/** Leaves of a region where one maps several pages. */
const LEAVES = bag([1, 3], [2, 2]);
const MAX_NONE_LEAVES = 4;
/** A page that ends 2 MiB, or nearly: the region crosses into the next page table. */
const NEAR_END = bag([MAX_OFFSET_PAGES, 4], [MAX_OFFSET_PAGES - 1, 2], [MAX_OFFSET_PAGES - 2, 1], [63, 1], [1, 2]);
const DELAYS_US = bag([10, 2], [50, 2], [100, 1]);
/** An unanswered message costs tens of milliseconds of waiting. */
const UNANSWERED_ONE_IN = 150;

function pickAnswers(dice: Dice, has: Tables['has'], backing: Backing, wp: boolean): MissingAnswer[] {
  const legal = (answer: MissingAnswer): MissingAnswer => {
    if (answer === 'zeropage' && BACKING_INFO[backing].hugetlb) return 'copy';
    if (answer === 'copy_wp' && !wp) return 'copy';
    return answer === 'poison' && !has.uffdPoison ? 'copy' : answer;
  };
  const answers = [legal(dice.pick(ANSWERS))];
  if (dice.percent(25)) {
    const length = dice.between(2, MAX_ANSWERS);
    while (answers.length < length) answers.push(legal(dice.pick(ANSWERS)));
  }
  if (dice.once(UNANSWERED_ONE_IN)) answers[dice.below(answers.length)] = 'none';
  return answers;
}

/** A registration that the memory allows, or null when the machine has none for it. */
export function pickUffd(dice: Dice, tables: Tables, backing: Backing): Uffd | null {
  const modes = uffdModes(tables.has, backing);
  let missing = modes.missing && dice.percent(72);
  const minor = modes.minor && dice.percent(35);
  const wp = modes.wp && dice.percent(35);
  if (!missing && !minor && !wp) {
    missing = modes.missing;
    if (!missing) return null;
  }
  return uffdWith(dice, tables, backing, { missing, minor, wp });
}

/** A registration of these modes, which the memory must allow, with a script of answers. */
export function uffdWith(dice: Dice, tables: Tables, backing: Backing, { missing, minor, wp }: UffdModes): Uffd {
  return {
    missing,
    minor,
    wp,
    missingAnswers: missing ? pickAnswers(dice, tables.has, backing, wp) : ['copy'],
    minorAnswer: minor && dice.once(UNANSWERED_ONE_IN) ? 'none' : 'continue',
    wpAnswer: wp && dice.once(UNANSWERED_ONE_IN) ? 'none' : 'unprotect',
    delayUs: dice.once(16) ? dice.pick(DELAYS_US) : 0,
  };
}

/** Flags for a slot, at creation or when it is replaced. */
export function pickSlotFlags(dice: Dice, tables: Tables, logPercent: number, readonlyPercent: number): SlotFlags {
  return { log: dice.percent(logPercent), readonly: tables.has.readonlyMem && dice.percent(readonlyPercent) };
}

function pickPt(dice: Dice, tables: Tables): PtRegion {
  const backing = dice.pick(tables.ptBackings);
  return {
    backing,
    flags: pickSlotFlags(dice, tables, 22, tables.readOnlyTables ? 3 : 0),
    uffd: dice.percent(12) ? pickUffd(dice, tables, backing) : null,
  };
}

/** @param unit pages that a leaf entry maps, a power of two. */
function pickOffsetPages(dice: Dice, backing: Backing, unit: number): number {
  if (BACKING_INFO[backing].huge || dice.percent(82)) return 0;
  return (dice.percent(80) ? dice.pick(NEAR_END) : dice.below(MAX_OFFSET_PAGES + 1)) & -unit;
}

function pickRegionPages(dice: Dice, tables: Tables, unit: number): number {
  if (dice.once(tables.manyPagesOneIn)) return dice.between(65, MAX_PAGES) & -unit;
  return unit === 1 ? dice.pick(tables.pages) : unit * dice.pick(LEAVES);
}

/** A region of data. */
export function pickData(dice: Dice, tables: Tables, unit: number): DataRegion {
  const backing = dice.pick(tables.backings);
  return {
    backing,
    flags: pickSlotFlags(dice, tables, 48, 14),
    uffd: dice.percent(30) ? pickUffd(dice, tables, backing) : null,
    pages: pickRegionPages(dice, tables, unit),
    offsetPages: pickOffsetPages(dice, backing, unit),
  };
}

function pickNoneLeaves(dice: Dice, unit: number): number {
  const most = Math.min(MAX_NONE_LEAVES, MAX_NONE_PAGES / unit);
  return most === 1 || dice.percent(75) ? 1 : dice.between(2, most);
}

function pickReads(dice: Dice): string[] {
  const reads = [pickValue(dice)];
  if (dice.percent(40)) {
    const length = dice.between(2, MAX_MMIO_READS);
    while (reads.length < length) reads.push(pickValue(dice));
  }
  return reads;
}

/** What every configuration says of the machine itself. */
export function pickMachine(dice: Dice, tables: Tables): Pick<Stage2Config, 'privilege' | 'vcpus' | 'dirtyTracking'> {
  return {
    privilege: dice.percent(50) ? 'kernel' : 'user',
    vcpus: dice.percent(78) ? 1 : 2,
    dirtyTracking: dice.pick(tables.trackings),
  };
}

/** @param unit pages that a leaf entry maps: every region is a multiple of them. */
export function pickRegions(
  dice: Dice,
  tables: Tables,
  unit: number,
): Pick<Stage2Config, 'pt' | 'data' | 'data2' | 'none'> {
  return {
    pt: pickPt(dice, tables),
    data: pickData(dice, tables, unit),
    data2: dice.percent(82) ? null : pickData(dice, tables, unit),
    none: { pages: unit * pickNoneLeaves(dice, unit), reads: pickReads(dice) },
  };
}
