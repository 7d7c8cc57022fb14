import * as v from 'valibot';
import { Hex64 } from '../hex.js';
import { SlotFlags, Uffd } from './config.js';
import { MAX_PAGES, MAX_REP_COUNT, MAX_SWEEP, PAGE_SIZE } from './layout.js';
import { ARM_OP_NAMES, X86_OP_NAMES, type Op } from './ops.js';

const Vcpu = v.picklist([0, 1]);
const Page = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PAGES - 1));
const Pages = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PAGES));
const Offset = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(PAGE_SIZE - 1));

/** Regions a guest access can be aimed at. `pt` is reached by the `pte` step only. */
export const ACCESS_REGIONS = ['data', 'data2', 'none'] as const;
export type AccessRegion = (typeof ACCESS_REGIONS)[number];
/** Regions that have a memslot. */
export const SLOT_REGIONS = ['pt', 'data', 'data2'] as const;
export type SlotRegion = (typeof SLOT_REGIONS)[number];

/** How the comparand of a compare-and-swap is chosen: what memory may hold at that address, or the step's own value. */
export const COMPARANDS = ['initial', 'copy', 'zero', 'value'] as const;
export type Comparand = (typeof COMPARANDS)[number];

/** Second memory operand of `push`, `pop`, `movs` and `rep_movs`; `scratch` is memory that never faults. */
export const Peer = v.variant('region', [
  v.strictObject({ region: v.literal('scratch') }),
  v.strictObject({ region: v.picklist(ACCESS_REGIONS), page: Page, offset: Offset }),
]);
export type Peer = v.InferOutput<typeof Peer>;

/** One guest instruction. */
export const Access = v.strictObject({
  kind: v.literal('access'),
  op: v.picklist([...X86_OP_NAMES, ...ARM_OP_NAMES] as [Op, ...Op[]]),
  /** Operand width in bytes. */
  width: v.picklist([1, 2, 4, 8, 16, 32, 64]),
  vcpu: Vcpu,
  region: v.picklist(ACCESS_REGIONS),
  page: Page,
  offset: Offset,
  /** Register operand; for wide operands the first lane. Loads start from it, so that a merge shows. */
  value: Hex64,
  comparand: v.picklist(COMPARANDS),
  /** Elements of a rep form, else 1. */
  count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_REP_COUNT)),
  /** The same access on this many consecutive pages, one after the other. */
  sweep: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SWEEP)),
  peer: Peer,
});
export type Access = v.InferOutput<typeof Access>;

/** Two accesses at once, `a` on vCPU 0 and `b` on vCPU 1. */
export const Race = v.strictObject({ kind: v.literal('race'), a: Access, b: Access });
export type Race = v.InferOutput<typeof Race>;

/** The host drops pages. `punch` is fallocate(PUNCH_HOLE), the others are madvise. Huge pages: whole ones that the range touches. */
export const HOLE_METHODS = ['punch', 'dontneed', 'remove', 'free'] as const;
export type HoleMethod = (typeof HOLE_METHODS)[number];
export const Hole = v.strictObject({
  kind: v.literal('hole'),
  region: v.picklist(SLOT_REGIONS),
  page: Page,
  pages: Pages,
  how: v.picklist(HOLE_METHODS),
});
export type Hole = v.InferOutput<typeof Hole>;

/** Levels of the guest's page tables, from the leaf up. */
export const X86_PTE_LEVELS = ['pte', 'pde', 'pdpte'] as const;
export type X86PteLevel = (typeof X86_PTE_LEVELS)[number];
export const ARM_PTE_LEVELS = ['l3', 'l2', 'l1'] as const;
export type ArmPteLevel = (typeof ARM_PTE_LEVELS)[number];

/** Bits of an entry that scenarios change. On aarch64 `writable` is AP[2] clear; tables have `valid` only. */
export const X86_PTE_FLAGS = ['present', 'writable', 'accessed', 'dirty'] as const;
export type X86PteFlag = (typeof X86_PTE_FLAGS)[number];
export const ARM_PTE_FLAGS = ['valid', 'writable', 'af', 'dbm'] as const;
export type ArmPteFlag = (typeof ARM_PTE_FLAGS)[number];

export const PTE_LEVELS = [...X86_PTE_LEVELS, ...ARM_PTE_LEVELS] as const;
export type PteLevel = (typeof PTE_LEVELS)[number];
export type PteFlag = X86PteFlag | ArmPteFlag;

/**
 * Sets or clears one bit of the entry that maps a test page. The guest does it with an atomic OR or AND through the alias of the
 * page tables, the host through its own mapping. `flush` follows with INVLPG or TLBI on every vCPU; for the host's edits the
 * driver also makes KVM drop what it cached.
 */
export const Pte = v.strictObject({
  kind: v.literal('pte'),
  region: v.picklist(ACCESS_REGIONS),
  page: Page,
  level: v.picklist(PTE_LEVELS),
  flag: v.picklist(['present', 'valid', 'writable', 'accessed', 'af', 'dirty', 'dbm']),
  set: v.boolean(),
  by: v.picklist(['guest', 'host']),
  vcpu: Vcpu,
  flush: v.boolean(),
});
export type Pte = v.InferOutput<typeof Pte>;

/** KVM_SET_USER_MEMORY_REGION on an existing or a deleted slot. */
export const Memslot = v.variant('action', [
  v.strictObject({
    kind: v.literal('memslot'),
    region: v.picklist(SLOT_REGIONS),
    action: v.literal('log'),
    /** KVM_MEM_LOG_DIRTY_PAGES on or off, in place. */
    on: v.boolean(),
  }),
  v.strictObject({
    kind: v.literal('memslot'),
    region: v.picklist(SLOT_REGIONS),
    /** Delete and create with these flags. */
    action: v.literal('replace'),
    flags: SlotFlags,
  }),
  v.strictObject({ kind: v.literal('memslot'), region: v.picklist(['data', 'data2']), action: v.literal('delete') }),
  v.strictObject({
    kind: v.literal('memslot'),
    region: v.picklist(['data', 'data2']),
    action: v.literal('create'),
    flags: SlotFlags,
  }),
  v.strictObject({
    kind: v.literal('memslot'),
    region: v.picklist(['data', 'data2']),
    action: v.literal('move'),
    to: v.picklist(['home', 'away']),
  }),
]);
export type Memslot = v.InferOutput<typeof Memslot>;

/** Reading and resetting what is dirty. `clear` is KVM_CLEAR_DIRTY_LOG on a page range rounded out to multiples of 64. */
export const DirtyLog = v.variant('action', [
  v.strictObject({ kind: v.literal('dirtyLog'), action: v.literal('get'), region: v.picklist(SLOT_REGIONS) }),
  v.strictObject({
    kind: v.literal('dirtyLog'),
    action: v.literal('clear'),
    region: v.picklist(SLOT_REGIONS),
    page: Page,
    pages: Pages,
  }),
  v.strictObject({ kind: v.literal('dirtyLog'), action: v.literal('harvest') }),
  v.strictObject({ kind: v.literal('dirtyLog'), action: v.literal('reset') }),
]);
export type DirtyLog = v.InferOutput<typeof DirtyLog>;

/** What the host does with memory that the guest also has. */
export const Host = v.variant('action', [
  v.strictObject({
    kind: v.literal('host'),
    action: v.literal('read'),
    region: v.picklist(['data', 'data2']),
    page: Page,
    /** Multiple of 8; one 8-byte word is read. */
    offset: Offset,
  }),
  v.strictObject({
    kind: v.literal('host'),
    action: v.literal('write'),
    region: v.picklist(['data', 'data2']),
    page: Page,
    offset: Offset,
    value: Hex64,
  }),
  v.strictObject({
    kind: v.literal('host'),
    action: v.literal('mprotect'),
    region: v.picklist(['data', 'data2']),
    page: Page,
    pages: Pages,
    prot: v.picklist(['none', 'read', 'read_write']),
  }),
  /** Forks a child that keeps the memory, so that private pages become copy-on-write. */
  v.strictObject({ kind: v.literal('host'), action: v.literal('fork') }),
  /** The child checks that its private pages did not change, and exits. */
  v.strictObject({ kind: v.literal('host'), action: v.literal('release') }),
]);
export type Host = v.InferOutput<typeof Host>;

/** Changes of the userfaultfd registration. */
export const UffdStep = v.variant('action', [
  v.strictObject({
    kind: v.literal('uffd'),
    action: v.literal('register'),
    region: v.picklist(SLOT_REGIONS),
    uffd: Uffd,
  }),
  v.strictObject({ kind: v.literal('uffd'), action: v.literal('unregister'), region: v.picklist(SLOT_REGIONS) }),
  v.strictObject({
    kind: v.literal('uffd'),
    action: v.picklist(['protect', 'unprotect']),
    region: v.picklist(SLOT_REGIONS),
    page: Page,
    pages: Pages,
  }),
  v.strictObject({
    kind: v.literal('uffd'),
    action: v.literal('answers'),
    region: v.picklist(SLOT_REGIONS),
    uffd: Uffd,
  }),
]);
export type UffdStep = v.InferOutput<typeof UffdStep>;

export const Step = v.variant('kind', [Access, Race, Hole, Pte, Memslot, DirtyLog, Host, UffdStep]);
export type Step = v.InferOutput<typeof Step>;
