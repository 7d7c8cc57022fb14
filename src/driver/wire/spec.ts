/**
 * The wire format between the TypeScript side and the native driver: the one place where it is written down.
 * `native/include/faultline_wire.generated.h` is printed from this file and the codec reads its offsets from it.
 * Little-endian, naturally aligned, fixed-size records. `docs/native-contract.md` says what each field makes the driver do.
 */
import { BACKINGS, DIRTY_TRACKINGS, MINOR_ANSWERS, MISSING_ANSWERS, WP_ANSWERS } from '../../scenario/stage2/config.js';
import { ARCHES, GRANULES } from '../../scenario/stage2/arch.js';
import { ARM_OP_NAMES, X86_OP_NAMES } from '../../scenario/stage2/ops.js';
import {
  ARM_PTE_FLAGS,
  ARM_PTE_LEVELS,
  COMPARANDS,
  HOLE_METHODS,
  X86_PTE_FLAGS,
  X86_PTE_LEVELS,
} from '../../scenario/stage2/steps.js';

import { type FieldSpec, HEAD, type Scalar, SIZE } from './fields.js';
import { UFFD_ENUMS, UFFD_STRUCTS } from './uffd/spec.js';

/** `FTL1`, little-endian. */
export const WIRE_MAGIC = 0x314c5446;
export const WIRE_VERSION = 3;

/** No response is larger, in bytes: 32 steps of 64 elements on 200 pages with four exits each, 32 bytes an event, are 52 MB. */
export const MAX_RESPONSE = 52 * 1024 * 1024;

/** Enumerations. The position is the number on the wire, so entries are only ever appended. */
export const WIRE_ENUMS = {
  family: ['stage2', 'uffd'],
  arch: ARCHES,
  region: ['code', 'pt', 'data', 'data2', 'none', 'scratch'],
  privilege: ['kernel', 'user'],
  backing: BACKINGS,
  dirty_tracking: DIRTY_TRACKINGS,
  missing_answer: MISSING_ANSWERS,
  minor_answer: MINOR_ANSWERS,
  wp_answer: WP_ANSWERS,
  /** Of each architecture its own operations, levels and flags: a number means what the request's `arch` makes of it. */
  op: X86_OP_NAMES,
  op_aarch64: ARM_OP_NAMES,
  comparand: COMPARANDS,
  hole_method: HOLE_METHODS,
  pte_level: X86_PTE_LEVELS,
  pte_flag: X86_PTE_FLAGS,
  pte_level_aarch64: ARM_PTE_LEVELS,
  pte_flag_aarch64: ARM_PTE_FLAGS,
  granule: GRANULES,
  actor: ['guest', 'host'],
  prot: ['none', 'read', 'read_write'],
  step: [
    'access',
    'hole',
    'pte',
    'memslot_log',
    'memslot_replace',
    'memslot_delete',
    'memslot_create',
    'memslot_move',
    'dirty_get',
    'dirty_clear',
    'dirty_harvest',
    'dirty_reset',
    'host_read',
    'host_write',
    'host_mprotect',
    'host_fork',
    'host_release',
    'uffd_register',
    'uffd_unregister',
    'uffd_protect',
    'uffd_unprotect',
    'uffd_answers',
  ],
  /** What came of a request. `refused`: the frame is malformed. `skipped`: the machine lacks something. */
  status: ['ok', 'refused', 'skipped', 'fault', 'hang'],
  event: [
    'uffd',
    'mmio',
    'done',
    'lanes',
    'registers',
    'exception',
    'internal_error',
    'memory_fault',
    'ring_full',
    'run_error',
    'shutdown',
    'other_exit',
    'sigbus',
    'hang',
    'ptes',
    'result',
    'dirty_word',
    'ring_entry',
    'withdrawn',
    'page',
    'page_word',
    'child',
  ],
  /** What a page holds at the end, before the words that differ: its initial fill, zeroes, or the handler's copy source. */
  page_base: ['initial', 'zero', 'copy'],
  /** Deliberate faults of the driver, for the tests and the canary that prove the tool can see. */
  plant: ['none', 'drop_dirty_bit', 'flip_read_value', 'skip_reset', 'swallow_mmio', 'crash', 'wedge'],
  ...UFFD_ENUMS,
} as const satisfies Record<string, readonly string[]>;

/** Bits of one-byte fields. */
export const WIRE_BITS = {
  slot: { log: 1, readonly: 2 },
  uffd_mode: { missing: 1, minor: 2, wp: 4 },
  initial: { pte_a: 1, pde_a: 2, pdpte_a: 4, pte_d: 8 },
  initial_aarch64: { af: 1, dbm: 2, writable: 4 },
  /** TCR_EL1.HA and HD. */
  paging: { ha: 1, hd: 2 },
  request: { fresh_vm: 1, has_data2: 2 },
  step: { set: 1, flush: 2, race_with_next: 4 },
  uffd_event: { write: 1, wp: 2, minor: 4 },
  /** Free capabilities that a probe reports. */
  cap: {
    kvm: 1,
    sync_regs: 2,
    readonly_mem: 4,
    dirty_log: 8,
    manual_protect: 16,
    dirty_ring: 32,
    memory_fault_info: 64,
    userfaultfd: 128,
    uffd_missing_shmem: 256,
    uffd_missing_hugetlb: 512,
    uffd_minor_hugetlb: 1024,
    uffd_minor_shmem: 2048,
    uffd_wp: 4096,
    uffd_wp_shmem_hugetlb: 8192,
    uffd_poison: 16384,
    uffd_thread_id: 32768,
    avx: 65536,
    avx512: 131072,
    thp: 262144,
    memfd_hugetlb: 524288,
    lse: 1048576,
    ha: 2097152,
    hd: 4194304,
    granule_4k: 8388608,
    granule_16k: 16777216,
    granule_64k: 33554432,
  },
} as const satisfies Record<string, Record<string, number>>;

export const WIRE_STRUCTS = {
  region: [
    ['backing', 'u8'],
    ['slot_flags', 'u8'],
    ['uffd_modes', 'u8'],
    ['minor_answer', 'u8'],
    ['wp_answer', 'u8'],
    ['missing_count', 'u8'],
    ['missing_answers', 'u8', 4],
    ['pages', 'u16'],
    ['offset_pages', 'u16'],
    ['reserved', 'u16'],
    ['delay_us', 'u32'],
  ],
  head: [...HEAD, ['rest', 'u32']],
  request: [
    ...HEAD,
    ['privilege', 'u8'],
    ['vcpus', 'u8'],
    ['dirty_tracking', 'u8'],
    ['initial', 'u8'],
    ['none_pages', 'u8'],
    ['read_count', 'u8'],
    ['granule', 'u8'],
    ['paging', 'u8'],
    ['withdraw_ms', 'u32'],
    ['reads', 'u64', 4],
  ],
  step: [
    ['kind', 'u8'],
    ['flags', 'u8'],
    ['vcpu', 'u8'],
    ['region', 'u8'],
    ['op', 'u8'],
    ['width', 'u8'],
    ['comparand', 'u8'],
    ['peer_region', 'u8'],
    ['page', 'u16'],
    ['pages', 'u16'],
    ['offset', 'u16'],
    ['count', 'u16'],
    ['peer_page', 'u16'],
    ['peer_offset', 'u16'],
    ['hole_method', 'u8'],
    ['pte_level', 'u8'],
    ['pte_flag', 'u8'],
    ['actor', 'u8'],
    ['slot_flags', 'u8'],
    ['prot', 'u8'],
    ['away', 'u8'],
    ['uffd_modes', 'u8'],
    ['minor_answer', 'u8'],
    ['wp_answer', 'u8'],
    ['missing_count', 'u8'],
    ['reserved', 'u8'],
    ['missing_answers', 'u8', 4],
    ['delay_us', 'u32'],
    ['value', 'u64'],
    ['reserved2', 'u64'],
  ],
  response: [
    ['magic', 'u32'],
    ['version', 'u16'],
    ['status', 'u8'],
    ['reused', 'u8'],
    ['size_bytes', 'u32'],
    ['event_count', 'u32'],
    ['id', 'u64'],
    ['detail', 'u8', 104],
  ],
  event: [
    ['step', 'u16'],
    ['kind', 'u8'],
    ['vcpu', 'u8'],
    ['arg', 'u32'],
    ['a', 'u64'],
    ['b', 'u64'],
    ['c', 'u64'],
  ],
  facts: [
    ['magic', 'u32'],
    ['version', 'u16'],
    ['arch', 'u8'],
    ['reserved', 'u8'],
    ['caps', 'u64'],
    ['kvm_errno', 'u32'],
    ['uffd_errno', 'u32'],
    ['free_huge_pages', 'u32'],
    ['physical_bits', 'u32'],
    ['ring_entries', 'u32'],
    ['ring_reserved', 'u32'],
    ['kvm_module', 'u8', 16],
    ['release', 'u8', 64],
    ['cpu_vendor', 'u8', 16],
    ['cpu_model', 'u8', 48],
  ],
  ...UFFD_STRUCTS,
} as const satisfies Record<string, readonly FieldSpec[]>;

export type WireStruct = keyof typeof WIRE_STRUCTS;

export interface WireField {
  readonly name: string;
  readonly type: Scalar;
  /** Elements, 1 for a plain field. */
  readonly length: number;
  readonly offset: number;
}

export interface WireLayout {
  readonly fields: readonly WireField[];
  readonly sizeBytes: number;
}

/** Lays a struct out with natural alignment. A gap would be a mistake in the table above, so it throws. */
export function wireLayout(struct: WireStruct): WireLayout {
  const specs: readonly FieldSpec[] = WIRE_STRUCTS[struct];
  const fields: WireField[] = [];
  let offset = 0;
  let alignment = 1;
  for (const [name, type, length = 1] of specs) {
    const size = SIZE[type];
    alignment = Math.max(alignment, size);
    if (offset % size !== 0)
      throw new Error(`wire struct ${struct}: field ${name} at ${offset} is not aligned to ${size}`);
    fields.push({ name, type, length, offset });
    offset += size * length;
  }
  if (offset % alignment !== 0)
    throw new Error(`wire struct ${struct}: size ${offset} is not a multiple of ${alignment}`);
  return { fields, sizeBytes: offset };
}

type FieldName<S extends WireStruct> = (typeof WIRE_STRUCTS)[S][number][0];

/** Byte offset of every field of a struct, by name. */
export function wireOffsets<S extends WireStruct>(
  struct: S,
): Readonly<Record<FieldName<S>, number>> & { readonly size: number } {
  const layout = wireLayout(struct);
  const entries = Object.fromEntries(layout.fields.map((field) => [field.name, field.offset]));
  return { ...entries, size: layout.sizeBytes } as Record<FieldName<S>, number> & { size: number };
}
