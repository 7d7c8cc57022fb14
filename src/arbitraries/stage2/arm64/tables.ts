import type { ArmProfile } from '../../../scenario/profile.js';
import type { Granule } from '../../../scenario/stage2/arch.js';
import { RACE_OPS } from '../../../scenario/stage2/constraints.js';
import { ARM_OP_NAMES, opInfo, type ArmOp } from '../../../scenario/stage2/ops.js';
import type { ArmPteFlag, ArmPteLevel } from '../../../scenario/stage2.js';
import { bag, type Bag } from '../dice.js';
import { commonTables, type Tables } from '../tables.js';

/** How often each operation is asked for. */
const WEIGHTS: Readonly<Record<ArmOp, number>> = {
  ldr: 16,
  ldrs: 2,
  ldrs_w: 2,
  str: 18,
  ldr_pre: 4,
  ldr_post: 3,
  str_pre: 5,
  str_post: 4,
  ldp: 4,
  stp: 5,
  ldar: 2,
  stlr: 3,
  ldxr: 2,
  stxr: 5,
  cas: 7,
  ldadd: 4,
  swp: 3,
  ldr_q: 3,
  str_q: 4,
  ldtr: 3,
  sttr: 3,
  dc_zva: 6,
  dc_civac: 3,
  dc_cvac: 3,
  at_s1e1r: 4,
  at_s1e1w: 4,
  prfm: 3,
  blr: 7,
};

/** Instructions of FEAT_LSE. */
const LSE: ReadonlySet<ArmOp> = new Set(['cas', 'ldadd', 'swp']);
/** Instructions of EL1. */
const PRIVILEGED: ReadonlySet<ArmOp> = new Set(['at_s1e1r', 'at_s1e1w']);
/** Their aborts come with a syndrome that says register, width and direction (ESR_EL2.ISV). */
const WITH_SYNDROME: ReadonlySet<ArmOp> = new Set(['ldr', 'ldrs', 'ldrs_w', 'str', 'ldar', 'stlr', 'ldtr', 'sttr']);

/** Few pages: a guest under emulation takes some 0.2 ms for each access, and each page is brought back in a reset. */
const PAGES = bag([1, 28], [2, 46], [3, 10], [4, 9], [5, 2], [6, 2], [7, 1], [8, 2]);

/** No valid syndrome, yet KVM has to say something to what they do to memory. */
function isHardToEmulate(op: ArmOp): boolean {
  const { reads, writes } = opInfo(op);
  return (reads || writes) && !WITH_SYNDROME.has(op) && op !== 'blr';
}

function isThere(op: ArmOp, lse: boolean): boolean {
  return lse || !LSE.has(op);
}

/** Granules by how often they are asked for; larger ones mostly mean more pages to bring back. */
export function granules(has: Tables['has']): Bag<Granule> {
  const known = has.granule4k || has.granule16k || has.granule64k;
  return bag(
    ['4k', has.granule4k || !known ? 88 : 0],
    ['16k', has.granule16k ? 7 : 0],
    ['64k', has.granule64k ? 5 : 0],
  );
}

/** What to pick from on an aarch64 machine. */
export function armTables(profile: ArmProfile, everything: boolean): Tables {
  const common = commonTables(profile, everything);
  const { lse } = common.has;
  const opBag = (keep: (op: ArmOp) => boolean): Bag<ArmOp> =>
    bag(...ARM_OP_NAMES.filter((op) => keep(op) && isThere(op, lse)).map((op) => [op, WEIGHTS[op]] as const));
  const hard = opBag(isHardToEmulate);
  return {
    ...common,
    pages: PAGES,
    manyPagesOneIn: 250,
    longestSweep: 16,
    ops: { kernel: opBag(() => true), user: opBag((op) => !PRIVILEGED.has(op)) },
    hardToEmulate: { kernel: hard, user: hard },
    raceOps: bag(...RACE_OPS.aarch64.map((op) => [op, isThere(op, lse) ? 1 : 0] as const)),
    pte: {
      leaf: 'l3',
      levels: bag<ArmPteLevel>(['l3', 76], ['l2', 14], ['l1', 10]),
      leafFlags: bag<ArmPteFlag>(['valid', 20], ['writable', 24], ['af', 36], ['dbm', 20]),
      tableFlags: bag<ArmPteFlag>(['valid', 1]),
    },
    hostEditsAreStale: { kernel: false, user: false },
    readOnlyTables: true,
    ringFillsFast: { kernel: false, user: false },
  };
}
