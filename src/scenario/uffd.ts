import * as v from 'valibot';
import { UFFD_FEATURE_NAMES } from './uffd/features.js';
import { UFFD_MAX_PAGES, UFFD_MAX_STEPS } from './uffd/layout.js';
import { MEMORY_KINDS } from './uffd/memory.js';
import { UffdStep } from './uffd/steps.js';

/** Version of the scenario format; a file of another version is refused. */
export const UFFD_SCHEMA = 1;

/** `cached`: in the page cache and not mapped. */
export const PAGE_STATES = ['hole', 'cached', 'mapped'] as const;
export type PageState = (typeof PAGE_STATES)[number];

/** Ways to a userfaultfd. */
export const OPENS = ['syscall', 'device', 'user_mode_only'] as const;

export const UffdConfig = v.strictObject({
  memory: v.picklist(MEMORY_KINDS),
  /** Where the userfaultfd comes from: the system call, /dev/userfaultfd, or the system call with UFFD_USER_MODE_ONLY. */
  open: v.picklist(OPENS),
  /** What the handshake asks for, beside the thread ids. */
  features: v.array(v.picklist(UFFD_FEATURE_NAMES)),
  /** The pages of the memory at the start, before anything is registered. */
  content: v.pipe(v.array(v.picklist(PAGE_STATES)), v.minLength(1), v.maxLength(UFFD_MAX_PAGES)),
});
export type UffdConfig = v.InferOutput<typeof UffdConfig>;

/** userfaultfd itself, without a guest: a few pages, threads that touch them, and the calls that serve them. */
export const UffdScenario = v.strictObject({
  schema: v.literal(UFFD_SCHEMA),
  family: v.literal('uffd'),
  config: UffdConfig,
  steps: v.pipe(v.array(UffdStep), v.maxLength(UFFD_MAX_STEPS)),
});
export type UffdScenario = v.InferOutput<typeof UffdScenario>;

export type * from './uffd/steps.js';
