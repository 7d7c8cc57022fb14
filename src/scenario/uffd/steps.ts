import * as v from 'valibot';
import { Hex64 } from '../hex.js';
import { BAD_ARGUMENTS, SOURCE_FLAWS } from './arguments.js';
import { UFFD_FEATURE_NAMES } from './features.js';
import { CHILD, DESCRIPTORS, UffdExit, UffdFork } from './fork.js';
import { IOCTL_NAMES, MODE_NAMES } from './ioctls.js';
import { UFFD_MAX_PAGES, UFFD_THREADS, WORDS } from './layout.js';

const below = (limit: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limit - 1));

/**
 * What is wrong with a range, beside which it is `pages` pages from `page` on. `unaligned_*`: 512 bytes off. `empty`: no length.
 * `beyond`: one page longer, and so beyond the memory if it ends with it. `outside`: where nothing is mapped. `wrap`: start and
 * length add up to more than 64 bits hold. `high`: where user space ends. `small_start`, `small_length`: one small page more, on
 * hugetlb.
 */
export const FLAWS = [
  'none',
  'unaligned_start',
  'unaligned_length',
  'empty',
  'beyond',
  'outside',
  'wrap',
  'high',
  'small_start',
  'small_length',
] as const;
export type Flaw = (typeof FLAWS)[number];

export const UffdRange = v.strictObject({
  page: below(UFFD_MAX_PAGES),
  pages: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(UFFD_MAX_PAGES)),
  flaw: v.picklist(FLAWS),
});
export type UffdRange = v.InferOutput<typeof UffdRange>;

/** A thread, or the child, touches one word. When it has to wait for an answer, the scenario goes on without it. */
export const UffdAccess = v.strictObject({
  kind: v.literal('access'),
  thread: below(CHILD + 1),
  op: v.picklist(['read', 'write']),
  /** Left out, the thread does it itself; otherwise the kernel for it, in a system call that copies the word. */
  by: v.exactOptional(v.literal('kernel')),
  page: below(UFFD_MAX_PAGES),
  /** Which word of eight bytes. */
  word: below(WORDS),
  /** What is written; of a read `0x0`. */
  value: Hex64,
});
export type UffdAccess = v.InferOutput<typeof UffdAccess>;

export const UffdIoctl = v.strictObject({
  kind: v.literal('ioctl'),
  ioctl: v.picklist(IOCTL_NAMES),
  range: UffdRange,
  mode: v.array(v.picklist(MODE_NAMES)),
  /** Of copy: which fill, 0 or 1. Of move: the first page that is moved. Else 0. */
  source: below(UFFD_MAX_PAGES),
  /** Left out, it is the scenario's own. */
  descriptor: v.exactOptional(v.picklist(DESCRIPTORS)),
  /** Left out: nothing is wrong with it. */
  sourceFlaw: v.exactOptional(v.picklist(SOURCE_FLAWS)),
  /** Left out: it can be read and written. */
  argument: v.exactOptional(v.picklist(BAD_ARGUMENTS)),
});
export type UffdIoctl = v.InferOutput<typeof UffdIoctl>;

/** A handshake: again on the scenario's descriptor, or on a new one. */
export const UffdApi = v.strictObject({
  kind: v.literal('api'),
  fresh: v.boolean(),
  /** UFFD_API, or a number that is no version. */
  version: v.picklist(['known', 'unknown']),
  features: v.array(v.picklist(UFFD_FEATURE_NAMES)),
  /** A feature that no kernel has is asked for, too. */
  unknownFeature: v.boolean(),
  argument: v.exactOptional(v.picklist(BAD_ARGUMENTS)),
  /** By a thread without CAP_SYS_PTRACE, on a new descriptor. */
  unprivileged: v.exactOptional(v.literal(true)),
});
export type UffdApi = v.InferOutput<typeof UffdApi>;

/** Advice of madvise(2). */
export const ADVICE = ['dontneed', 'remove', 'free', 'collapse', 'pageout', 'populate_read', 'populate_write'] as const;
export type Advice = (typeof ADVICE)[number];

/** Advice of which a userfaultfd hears. */
export const LET_GO: readonly Advice[] = ['dontneed', 'remove', 'free'];

/** A thread calls madvise(2). When it has to wait for an answer, the scenario goes on without it. */
export const UffdAdvise = v.strictObject({
  kind: v.literal('advise'),
  thread: below(UFFD_THREADS),
  advice: v.picklist(ADVICE),
  range: UffdRange,
  /** An event that the call waits for is read after the next step, and not at once. Of advice that lets pages go. */
  hold: v.boolean(),
});
export type UffdAdvise = v.InferOutput<typeof UffdAdvise>;

/** The entries of pages in /proc/self/pagemap are read, which changes nothing. */
export const UffdPagemap = v.strictObject({
  kind: v.literal('pagemap'),
  range: UffdRange,
});
export type UffdPagemap = v.InferOutput<typeof UffdPagemap>;

export const UffdStep = v.variant('kind', [
  UffdAccess,
  UffdIoctl,
  UffdApi,
  UffdAdvise,
  UffdPagemap,
  UffdFork,
  UffdExit,
]);
export type UffdStep = v.InferOutput<typeof UffdStep>;
