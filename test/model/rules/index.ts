import type { RuleCase } from '../support.js';
import { ACCESS } from './access.js';
import { ARM_CASES } from './arm64/index.js';
import { DIRTY } from './dirty.js';
import { MEMORY } from './memory.js';
import { MMIO } from './mmio.js';
import { UFFD } from './uffd.js';
import { X86_CASES } from './x86/index.js';

/** The cases of every rule. */
export const RULE_CASES: readonly RuleCase[] = [
  ...[...ACCESS, ...MMIO, ...UFFD, ...DIRTY, ...MEMORY],
  ...Object.values(X86_CASES).flat(),
  ...Object.values(ARM_CASES).flat(),
];
