import type { Access, DirtyLog, Host, Memslot, SlotFlags, Step, Uffd, UffdStep } from '../../../scenario/stage2.js';
import type { Op } from '../../../scenario/stage2/ops.js';
import type { PteFlag, PteLevel } from '../../../scenario/stage2/steps.js';
import { wireNumbers } from '../names.js';
import { WIRE_BITS, wireOffsets } from '../spec.js';
import { setHex64 } from './hex.js';

const AT = wireOffsets('step');
const KIND = wireNumbers('step');
const REGION = wireNumbers('region');
const OP: Readonly<Record<Op, number>> = { ...wireNumbers('op'), ...wireNumbers('op_aarch64') };
const COMPARAND = wireNumbers('comparand');
const HOLE_METHOD = wireNumbers('hole_method');
const PTE_LEVEL: Readonly<Record<PteLevel, number>> = {
  ...wireNumbers('pte_level'),
  ...wireNumbers('pte_level_aarch64'),
};
/** `writable` has the same number on both architectures. */
const PTE_FLAG: Readonly<Record<PteFlag, number>> = {
  ...wireNumbers('pte_flag'),
  ...wireNumbers('pte_flag_aarch64'),
};
const ACTOR = wireNumbers('actor');
const PROT = wireNumbers('prot');
const MISSING = wireNumbers('missing_answer');
const MINOR = wireNumbers('minor_answer');
const WP = wireNumbers('wp_answer');
const { set: SET, flush: FLUSH, race_with_next: RACE } = WIRE_BITS.step;
const MEMSLOT = {
  log: KIND.memslot_log,
  replace: KIND.memslot_replace,
  delete: KIND.memslot_delete,
  create: KIND.memslot_create,
  move: KIND.memslot_move,
} as const satisfies Record<Memslot['action'], number>;
const DIRTY = {
  get: KIND.dirty_get,
  clear: KIND.dirty_clear,
  harvest: KIND.dirty_harvest,
  reset: KIND.dirty_reset,
} as const satisfies Record<DirtyLog['action'], number>;
const HOST = {
  read: KIND.host_read,
  write: KIND.host_write,
  mprotect: KIND.host_mprotect,
  fork: KIND.host_fork,
  release: KIND.host_release,
} as const satisfies Record<Host['action'], number>;
const UFFD = {
  register: KIND.uffd_register,
  unregister: KIND.uffd_unregister,
  protect: KIND.uffd_protect,
  unprotect: KIND.uffd_unprotect,
  answers: KIND.uffd_answers,
} as const satisfies Record<UffdStep['action'], number>;

/** Size of one step record. */
export const STEP_SIZE = AT.size;

/** Number of records that a step takes: a race is two accesses. */
export function stepRecords(step: Step): number {
  return step.kind === 'race' ? 2 : 1;
}

/** One byte for both memslot flags. */
export function slotFlagBits(flags: SlotFlags): number {
  return (flags.log ? WIRE_BITS.slot.log : 0) | (flags.readonly ? WIRE_BITS.slot.readonly : 0);
}

/** Where a registration's fields are in the record that holds it. */
export interface UffdOffsets {
  readonly uffd_modes: number;
  readonly minor_answer: number;
  readonly wp_answer: number;
  readonly missing_count: number;
  readonly missing_answers: number;
  readonly delay_us: number;
}

/** Writes a userfaultfd registration into a region or step record that starts at `base`. */
export function setUffd(view: DataView, base: number, at: UffdOffsets, uffd: Uffd): void {
  const bits = WIRE_BITS.uffd_mode;
  view.setUint8(
    base + at.uffd_modes,
    (uffd.missing ? bits.missing : 0) | (uffd.minor ? bits.minor : 0) | (uffd.wp ? bits.wp : 0),
  );
  view.setUint8(base + at.minor_answer, MINOR[uffd.minorAnswer]);
  view.setUint8(base + at.wp_answer, WP[uffd.wpAnswer]);
  let count = 0;
  for (const answer of uffd.missingAnswers) view.setUint8(base + at.missing_answers + count++, MISSING[answer]);
  view.setUint8(base + at.missing_count, count);
  view.setUint32(base + at.delay_us, uffd.delayUs, true);
}

function setAccess(view: DataView, base: number, access: Access, flags: number): void {
  view.setUint8(base + AT.kind, KIND.access);
  view.setUint8(base + AT.flags, flags);
  view.setUint8(base + AT.vcpu, access.vcpu);
  view.setUint8(base + AT.region, REGION[access.region]);
  view.setUint8(base + AT.op, OP[access.op]);
  view.setUint8(base + AT.width, access.width);
  view.setUint8(base + AT.comparand, COMPARAND[access.comparand]);
  view.setUint16(base + AT.page, access.page, true);
  view.setUint16(base + AT.pages, access.sweep, true);
  view.setUint16(base + AT.offset, access.offset, true);
  view.setUint16(base + AT.count, access.count, true);
  setHex64(view, base + AT.value, access.value);
  const { peer } = access;
  view.setUint8(base + AT.peer_region, REGION[peer.region]);
  if (peer.region === 'scratch') return;
  view.setUint16(base + AT.peer_page, peer.page, true);
  view.setUint16(base + AT.peer_offset, peer.offset, true);
}

function setRange(view: DataView, base: number, range: { readonly page: number; readonly pages: number }): void {
  view.setUint16(base + AT.page, range.page, true);
  view.setUint16(base + AT.pages, range.pages, true);
}

function setMemslot(view: DataView, base: number, step: Memslot): void {
  view.setUint8(base + AT.kind, MEMSLOT[step.action]);
  view.setUint8(base + AT.region, REGION[step.region]);
  switch (step.action) {
    case 'log':
      if (step.on) view.setUint8(base + AT.flags, SET);
      return;
    case 'replace':
    case 'create':
      view.setUint8(base + AT.slot_flags, slotFlagBits(step.flags));
      return;
    case 'move':
      view.setUint8(base + AT.away, step.to === 'away' ? 1 : 0);
      return;
    case 'delete':
  }
}

function setDirtyLog(view: DataView, base: number, step: DirtyLog): void {
  view.setUint8(base + AT.kind, DIRTY[step.action]);
  if (step.action === 'harvest' || step.action === 'reset') return;
  view.setUint8(base + AT.region, REGION[step.region]);
  if (step.action === 'clear') setRange(view, base, step);
}

function setHost(view: DataView, base: number, step: Host): void {
  view.setUint8(base + AT.kind, HOST[step.action]);
  if (step.action === 'fork' || step.action === 'release') return;
  view.setUint8(base + AT.region, REGION[step.region]);
  if (step.action === 'mprotect') {
    setRange(view, base, step);
    view.setUint8(base + AT.prot, PROT[step.prot]);
    return;
  }
  view.setUint16(base + AT.page, step.page, true);
  view.setUint16(base + AT.offset, step.offset, true);
  if (step.action === 'write') setHex64(view, base + AT.value, step.value);
}

function setUffdStep(view: DataView, base: number, step: UffdStep): void {
  view.setUint8(base + AT.kind, UFFD[step.action]);
  view.setUint8(base + AT.region, REGION[step.region]);
  if (step.action === 'register' || step.action === 'answers') setUffd(view, base, AT, step.uffd);
  else if (step.action !== 'unregister') setRange(view, base, step);
}

/** Writes one step at `base`, where all bytes are zero, and returns where the next one starts. */
export function setStep(view: DataView, base: number, step: Step): number {
  switch (step.kind) {
    case 'access':
      setAccess(view, base, step, 0);
      break;
    case 'race':
      setAccess(view, base, step.a, RACE);
      setAccess(view, base + AT.size, step.b, 0);
      return base + 2 * AT.size;
    case 'hole':
      view.setUint8(base + AT.kind, KIND.hole);
      view.setUint8(base + AT.region, REGION[step.region]);
      view.setUint8(base + AT.hole_method, HOLE_METHOD[step.how]);
      setRange(view, base, step);
      break;
    case 'pte':
      view.setUint8(base + AT.kind, KIND.pte);
      view.setUint8(base + AT.flags, (step.set ? SET : 0) | (step.flush ? FLUSH : 0));
      view.setUint8(base + AT.vcpu, step.vcpu);
      view.setUint8(base + AT.region, REGION[step.region]);
      view.setUint16(base + AT.page, step.page, true);
      view.setUint8(base + AT.pte_level, PTE_LEVEL[step.level]);
      view.setUint8(base + AT.pte_flag, PTE_FLAG[step.flag]);
      view.setUint8(base + AT.actor, ACTOR[step.by]);
      break;
    case 'memslot':
      setMemslot(view, base, step);
      break;
    case 'dirtyLog':
      setDirtyLog(view, base, step);
      break;
    case 'host':
      setHost(view, base, step);
      break;
    case 'uffd':
      setUffdStep(view, base, step);
  }
  return base + AT.size;
}
