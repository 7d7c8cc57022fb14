import * as v from 'valibot';
import { Hex64 } from '../hex.js';
import {
  GRANULES,
  MAX_ANSWERS,
  MAX_DELAY_US,
  MAX_MMIO_READS,
  MAX_NONE_PAGES,
  MAX_OFFSET_PAGES,
  MAX_PAGES,
} from './layout.js';

export const BACKINGS = ['anon', 'anon_thp', 'shmem', 'memfd', 'hugetlb', 'hugetlb_shared'] as const;
export type Backing = (typeof BACKINGS)[number];

/** What the handler does with a MISSING fault. `none` leaves it unanswered until the driver withdraws the registration. */
export const MISSING_ANSWERS = ['copy', 'copy_wp', 'zeropage', 'poison', 'none'] as const;
export type MissingAnswer = (typeof MISSING_ANSWERS)[number];

export const MINOR_ANSWERS = ['continue', 'none'] as const;
export type MinorAnswer = (typeof MINOR_ANSWERS)[number];

export const WP_ANSWERS = ['unprotect', 'none'] as const;
export type WpAnswer = (typeof WP_ANSWERS)[number];

export const DIRTY_TRACKINGS = ['bitmap', 'bitmap_manual', 'bitmap_manual_init_set', 'ring'] as const;
export type DirtyTracking = (typeof DIRTY_TRACKINGS)[number];

/** Memslot flags: KVM_MEM_LOG_DIRTY_PAGES and KVM_MEM_READONLY. */
export const SlotFlags = v.strictObject({ log: v.boolean(), readonly: v.boolean() });
export type SlotFlags = v.InferOutput<typeof SlotFlags>;

/** A userfaultfd registration of a whole region and the script that answers its messages. */
export const Uffd = v.strictObject({
  missing: v.boolean(),
  minor: v.boolean(),
  wp: v.boolean(),
  /** Answer to a MISSING fault on page `p`: entry `p` modulo the length. */
  missingAnswers: v.pipe(v.array(v.picklist(MISSING_ANSWERS)), v.minLength(1), v.maxLength(MAX_ANSWERS)),
  minorAnswer: v.picklist(MINOR_ANSWERS),
  wpAnswer: v.picklist(WP_ANSWERS),
  /** The handler waits this long before it answers. */
  delayUs: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_DELAY_US)),
});
export type Uffd = v.InferOutput<typeof Uffd>;

const region = {
  backing: v.picklist(BACKINGS),
  flags: SlotFlags,
  uffd: v.nullable(Uffd),
};

/** The region that holds the page tables which map the test data. */
export const PtRegion = v.strictObject(region);
export type PtRegion = v.InferOutput<typeof PtRegion>;

export const DataRegion = v.strictObject({
  ...region,
  /** Guest-mapped 4 KiB pages. */
  pages: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PAGES)),
  /** Distance of the first page from a 2 MiB boundary, in pages; the same for GVA, GPA and HVA. */
  offsetPages: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_OFFSET_PAGES)),
});
export type DataRegion = v.InferOutput<typeof DataRegion>;

/** Fields of every architecture, in two parts: the order of a schema's fields is that of case files. */
const machine = {
  /** Guest privilege: CPL0 or CPL3, EL1 or EL0. */
  privilege: v.picklist(['kernel', 'user']),
  vcpus: v.picklist([1, 2]),
  dirtyTracking: v.picklist(DIRTY_TRACKINGS),
};
const regions = {
  pt: PtRegion,
  data: DataRegion,
  data2: v.nullable(DataRegion),
  none: v.strictObject({
    pages: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_NONE_PAGES)),
    /** What MMIO reads return, in turn; the last one repeats. Of a read of n bytes, the low n bytes. */
    reads: v.pipe(v.array(Hex64), v.minLength(1), v.maxLength(MAX_MMIO_READS)),
  }),
};

export const X86Config = v.strictObject({
  ...machine,
  /** Initial A bit of every entry at each level of the walk, and the initial D bit of the leaves. */
  initial: v.strictObject({ pteA: v.boolean(), pdeA: v.boolean(), pdpteA: v.boolean(), pteD: v.boolean() }),
  ...regions,
});
export type X86Config = v.InferOutput<typeof X86Config>;

export const ArmConfig = v.strictObject({
  ...machine,
  /** The guest's translation granule (TCR_EL1.TG0). */
  granule: v.picklist(GRANULES),
  /** TCR_EL1.HA: the processor sets the access flag. */
  ha: v.boolean(),
  /** TCR_EL1.HD: the processor makes descriptors with DBM writable. */
  hd: v.boolean(),
  /** Initial access flag, DBM bit and write permission (AP[2] clear) of the leaves. */
  initial: v.strictObject({ af: v.boolean(), dbm: v.boolean(), writable: v.boolean() }),
  ...regions,
});
export type ArmConfig = v.InferOutput<typeof ArmConfig>;

export type Stage2Config = X86Config | ArmConfig;
