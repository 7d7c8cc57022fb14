import { FEATURES, type Feature, type Stage2Profile } from '../../scenario/profile.js';
import { BACKING_INFO } from '../../scenario/stage2/backing.js';
import type { Op } from '../../scenario/stage2/ops.js';
import type { Backing, DirtyTracking, PteFlag, PteLevel, Stage2Config, Uffd } from '../../scenario/stage2.js';
import { bag, type Bag } from './dice.js';

type Privilege = Stage2Config['privilege'];

/** The choices that depend on the machine, laid out so that a pick is one array access. */
export interface Tables extends CommonTables {
  /** Pages of a region. */
  readonly pages: Bag<number>;
  /** One region in this many has so many pages that a dirty bitmap spans several words. */
  readonly manyPagesOneIn: number;
  readonly longestSweep: number;
  readonly ops: Readonly<Record<Privilege, Bag<Op>>>;
  /** Operations that are hard for KVM where it has to emulate them. */
  readonly hardToEmulate: Readonly<Record<Privilege, Bag<Op>>>;
  readonly raceOps: Bag<Op>;
  readonly pte: {
    readonly leaf: PteLevel;
    readonly levels: Bag<PteLevel>;
    readonly leafFlags: Bag<PteFlag>;
    readonly tableFlags: Bag<PteFlag>;
  };
  /** Edits of page tables that bypass the guest are not seen by a guest that runs natively on shadow page tables. */
  readonly hostEditsAreStale: Readonly<Record<Privilege, boolean>>;
  readonly readOnlyTables: boolean;
  /** Each emulated write has a ring entry of its own, so that the ring can be filled with few pages. */
  readonly ringFillsFast: Readonly<Record<Privilege, boolean>>;
}

/** What every architecture picks from in the same way. */
export interface CommonTables {
  readonly has: Readonly<Record<Feature, boolean>>;
  readonly backings: Bag<Backing>;
  readonly ptBackings: Bag<Backing>;
  readonly trackings: Bag<DirtyTracking>;
}

function backings(has: Tables['has'], hugeWeight: number): Bag<Backing> {
  return bag(
    ['anon', 120],
    ['shmem', 34],
    ['memfd', 40],
    ['anon_thp', has.thp ? hugeWeight : 0],
    ['hugetlb', has.hugePages ? hugeWeight : 0],
    ['hugetlb_shared', has.hugePages ? hugeWeight : 0],
  );
}

/** @param everything ask for what the machine lacks, too, so that skips are exercised. */
export function commonTables({ features }: Stage2Profile, everything: boolean): CommonTables {
  const has = everything
    ? (Object.fromEntries(FEATURES.map((feature) => [feature, true])) as Record<Feature, boolean>)
    : features;
  return {
    has,
    backings: backings(has, everything ? 40 : 1),
    ptBackings: bag(['anon', 90], ['shmem', 4], ['memfd', 5], ['anon_thp', has.thp ? 1 : 0]),
    trackings: bag(
      ['bitmap', 58],
      ['bitmap_manual', has.manualProtect ? 20 : 0],
      ['bitmap_manual_init_set', has.manualProtect ? 3 : 0],
      ['ring', has.dirtyRing ? 19 : 0],
    ),
  };
}

/** Modes of a userfaultfd registration. */
export type UffdModes = Pick<Uffd, 'missing' | 'minor' | 'wp'>;

/** A userfaultfd mode is there for this kind of memory. */
export function uffdModes(has: Tables['has'], backing: Backing): UffdModes {
  const { shared, hugetlb } = BACKING_INFO[backing];
  if (!has.userfaultfd) return { missing: false, minor: false, wp: false };
  const anonymous = !shared && !hugetlb;
  return {
    missing: anonymous || (hugetlb ? has.uffdMissingHugetlb : has.uffdMissingShmem),
    minor: shared && (hugetlb ? has.uffdMinorHugetlb : has.uffdMinorShmem),
    wp: anonymous ? has.uffdWp : has.uffdWpShmemHugetlb,
  };
}
