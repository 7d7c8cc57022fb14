/** The uffd family's part of the wire format; `docs/native-contract.md` says what each field makes the driver do. */
import { BAD_ARGUMENTS, SOURCE_FLAWS } from '../../../scenario/uffd/arguments.js';
import { DESCRIPTORS } from '../../../scenario/uffd/fork.js';
import { FILL_TAGS, UFFD_MAX_PAGES } from '../../../scenario/uffd/layout.js';
import { IOCTL_NAMES } from '../../../scenario/uffd/ioctls.js';
import { MEMORY_KINDS } from '../../../scenario/uffd/memory.js';
import { ADVICE, FLAWS } from '../../../scenario/uffd/steps.js';
import { OPENS, PAGE_STATES } from '../../../scenario/uffd.js';
import { type FieldSpec, HEAD } from '../fields.js';

export const UFFD_ENUMS = {
  uffd_memory: MEMORY_KINDS,
  uffd_open: OPENS,
  uffd_page_state: PAGE_STATES,
  uffd_fill: FILL_TAGS,
  uffd_flaw: FLAWS,
  uffd_source: ['sound', ...SOURCE_FLAWS],
  uffd_argument: ['sound', ...BAD_ARGUMENTS],
  uffd_ioctl: IOCTL_NAMES,
  uffd_advice: ADVICE,
  uffd_descriptor: DESCRIPTORS,
  uffd_step_kind: [
    'read',
    'write',
    'ioctl',
    'api',
    'api_fresh',
    'api_unprivileged',
    'advise',
    'fork',
    'exit',
    'kernel_read',
    'kernel_write',
    'pagemap',
  ],
  uffd_event_kind: [
    'result',
    'message',
    'done',
    'sigbus',
    'waits',
    'entry',
    'page',
    'page_word',
    'stuck',
    'returned',
    'ended',
    'notice',
  ],
} as const satisfies Record<string, readonly string[]>;

export const UFFD_STRUCTS = {
  uffd_request: [
    ...HEAD,
    ['memory', 'u8'],
    ['open', 'u8'],
    ['pages', 'u8'],
    ['reserved', 'u8'],
    ['features', 'u64'],
    ['content', 'u8', UFFD_MAX_PAGES],
  ],
  uffd_step: [
    ['kind', 'u8'],
    ['thread', 'u8'],
    ['ioctl', 'u8'],
    ['flaw', 'u8'],
    ['page', 'u16'],
    ['pages', 'u16'],
    ['word', 'u16'],
    ['source', 'u16'],
    ['advice', 'u8'],
    ['descriptor', 'u8'],
    ['source_flaw', 'u8'],
    ['argument', 'u8'],
    ['mode', 'u64'],
    ['value', 'u64'],
  ],
} as const satisfies Record<string, readonly FieldSpec[]>;
