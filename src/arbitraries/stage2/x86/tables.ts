import type { OpAbility, X86Profile } from '../../../scenario/profile.js';
import { RACE_OPS } from '../../../scenario/stage2/constraints.js';
import { MAX_SWEEP } from '../../../scenario/stage2/layout.js';
import { opInfo, X86_OP_NAMES, type X86Op } from '../../../scenario/stage2/ops.js';
import type { X86PteFlag, X86PteLevel } from '../../../scenario/stage2.js';
import { bag, type Bag } from '../dice.js';
import { commonTables, type Tables } from '../tables.js';

type Privilege = 'kernel' | 'user';

/** How often each operation is asked for. */
const WEIGHTS: Readonly<Record<X86Op, number>> = {
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

const PAGES = bag([1, 16], [2, 42], [3, 12], [4, 14], [5, 4], [6, 4], [7, 3], [8, 4]);

function opWeight(op: X86Op, ability: OpAbility, everything: boolean): number {
  if (everything) return WEIGHTS[op];
  switch (ability.memory) {
    case 'runs':
      return WEIGHTS[op];
    case 'undecoded':
      return 1;
    case 'absent':
      return 0;
  }
}

/** What to pick from on an x86 machine. */
export function x86Tables(profile: X86Profile, everything: boolean): Tables {
  const common = commonTables(profile, everything);
  const opBag = (privilege: Privilege, keep: (op: X86Op) => boolean): Bag<X86Op> =>
    bag(...X86_OP_NAMES.filter(keep).map((op) => [op, opWeight(op, profile.ops[op][privilege], everything)] as const));
  const any = (): boolean => true;
  const updates = (op: X86Op): boolean => opInfo(op).reads && opInfo(op).writes;
  return {
    ...common,
    pages: PAGES,
    manyPagesOneIn: 100,
    longestSweep: MAX_SWEEP,
    ops: { kernel: opBag('kernel', any), user: opBag('user', any) },
    hardToEmulate: { kernel: opBag('kernel', updates), user: opBag('user', updates) },
    raceOps: bag(...RACE_OPS.x86_64.map((op) => [op, 1] as const)),
    pte: {
      leaf: 'pte',
      levels: bag<X86PteLevel>(['pte', 70], ['pde', 18], ['pdpte', 12]),
      leafFlags: bag<X86PteFlag>(['present', 25], ['writable', 25], ['accessed', 28], ['dirty', 22]),
      tableFlags: bag<X86PteFlag>(['present', 30], ['writable', 30], ['accessed', 40]),
    },
    hostEditsAreStale: {
      kernel: profile.paging === 'shadow' && profile.kernelRunsNatively,
      user: profile.paging === 'shadow',
    },
    readOnlyTables: profile.readOnlyTables === 'work' || everything,
    ringFillsFast: { kernel: !profile.kernelRunsNatively && profile.ringSoftLimit > 0, user: false },
  };
}
