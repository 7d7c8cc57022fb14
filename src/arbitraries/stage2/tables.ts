import { FEATURES, type Feature, type OpAbility, type Profile } from '../../scenario/profile.js';
import { BACKING_INFO } from '../../scenario/stage2/backing.js';
import { OP_NAMES, opInfo, type Op } from '../../scenario/stage2/ops.js';
import type { Backing, DirtyTracking, Stage2Config } from '../../scenario/stage2.js';
import { bag } from './dice.js';

type Privilege = Stage2Config['privilege'];
type Bag<T> = readonly [T, ...T[]];

/** How often each operation is asked for. */
const OP_WEIGHTS: Readonly<Record<Op, number>> = {
  load: 16,
  load_zx: 3,
  load_sx: 3,
  store: 20,
  push: 4,
  pop: 4,
  movs: 3,
  rep_movs: 3,
  stos: 3,
  rep_stos: 3,
  xchg: 5,
  cmpxchg: 7,
  cmpxchg16b: 3,
  lock_add: 5,
  lock_or: 2,
  lock_and: 2,
  lock_bts: 3,
  movups_load: 3,
  movups_store: 3,
  movaps_load: 2,
  movaps_store: 2,
  avx_load: 2,
  avx_store: 2,
  avx512_load: 1,
  avx512_store: 1,
  movnti: 3,
  clflush: 3,
  prefetchw: 3,
  fetch: 6,
};

/** The choices that depend on the machine, laid out so that a pick is one array access. */
export interface Tables {
  readonly has: Readonly<Record<Feature, boolean>>;
  readonly backings: Bag<Backing>;
  readonly ptBackings: Bag<Backing>;
  readonly trackings: Bag<DirtyTracking>;
  readonly ops: Readonly<Record<Privilege, Bag<Op>>>;
  /** Operations that read and write their operand. */
  readonly updates: Readonly<Record<Privilege, Bag<Op>>>;
  /** Edits of page tables that bypass the guest are not seen by a guest that runs natively on shadow page tables. */
  readonly hostEditsAreStale: Readonly<Record<Privilege, boolean>>;
  readonly readOnlyTables: boolean;
  /** Each emulated write has a ring entry of its own, so that the ring can be filled with few pages. */
  readonly ringFillsFast: Readonly<Record<Privilege, boolean>>;
}

function opWeight(op: Op, ability: OpAbility, everything: boolean): number {
  if (everything) return OP_WEIGHTS[op];
  switch (ability.memory) {
    case 'runs':
      return OP_WEIGHTS[op];
    case 'undecoded':
      return 1;
    case 'absent':
      return 0;
  }
}

function opBag(profile: Profile, privilege: Privilege, everything: boolean, keep: (op: Op) => boolean): Bag<Op> {
  return bag(...OP_NAMES.filter(keep).map((op) => [op, opWeight(op, profile.ops[op][privilege], everything)] as const));
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
export function buildTables(profile: Profile, everything: boolean): Tables {
  const has = everything
    ? (Object.fromEntries(FEATURES.map((feature) => [feature, true])) as Record<Feature, boolean>)
    : profile.features;
  const updates = (op: Op): boolean => opInfo(op).reads && opInfo(op).writes;
  const any = (): boolean => true;
  const runsNatively = { kernel: profile.kernelRunsNatively, user: true };
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
    ops: { kernel: opBag(profile, 'kernel', everything, any), user: opBag(profile, 'user', everything, any) },
    updates: {
      kernel: opBag(profile, 'kernel', everything, updates),
      user: opBag(profile, 'user', everything, updates),
    },
    hostEditsAreStale: {
      kernel: profile.paging === 'shadow' && runsNatively.kernel,
      user: profile.paging === 'shadow',
    },
    readOnlyTables: profile.readOnlyTables === 'work' || everything,
    ringFillsFast: { kernel: !runsNatively.kernel && profile.ringSoftLimit > 0, user: false },
  };
}

/** A userfaultfd mode is there for this kind of memory. */
export function uffdModes(has: Tables['has'], backing: Backing): { missing: boolean; minor: boolean; wp: boolean } {
  const { shared, hugetlb } = BACKING_INFO[backing];
  if (!has.userfaultfd) return { missing: false, minor: false, wp: false };
  const anonymous = !shared && !hugetlb;
  return {
    missing: anonymous || (hugetlb ? has.uffdMissingHugetlb : has.uffdMissingShmem),
    minor: shared && (hugetlb ? has.uffdMinorHugetlb : has.uffdMinorShmem),
    wp: anonymous ? has.uffdWp : has.uffdWpShmemHugetlb,
  };
}
