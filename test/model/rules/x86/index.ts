import type { RuleCase } from '../../support.js';
import { X86_ACCESS } from './access.js';
import { X86_DIRTY } from './dirty.js';
import { X86_MEMORY } from './memory.js';
import { X86_MMIO } from './mmio.js';
import { X86_PAGING } from './paging.js';
import { X86_PROCESSOR } from './processor.js';
import { X86_UFFD } from './uffd.js';

/** The cases that only x86_64 can have, by topic. */
export const X86_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  access: X86_ACCESS,
  paging: X86_PAGING,
  mmio: X86_MMIO,
  uffd: X86_UFFD,
  dirty: X86_DIRTY,
  memory: X86_MEMORY,
  processor: X86_PROCESSOR,
};
