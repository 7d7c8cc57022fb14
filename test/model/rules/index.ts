import type { Arch } from '../../../src/scenario/stage2/arch.js';
import type { RuleCase } from '../support.js';
import { ACCESS } from './access.js';
import { ARM_CASES } from './arm64/index.js';
import { DIRTY } from './dirty.js';
import { MEMORY } from './memory.js';
import { MMIO } from './mmio.js';
import { UFFD } from './uffd.js';
import { X86_CASES } from './x86/index.js';

/** The cases that every architecture has. */
const SHARED: readonly RuleCase[] = [...ACCESS, ...MMIO, ...UFFD, ...DIRTY, ...MEMORY];

/** The cases that machines of an architecture can have. */
export function casesOf(arch: Arch): readonly RuleCase[] {
  return [...SHARED, ...Object.values(arch === 'aarch64' ? ARM_CASES : X86_CASES).flat()];
}

/** The cases of every rule. */
export const RULE_CASES: readonly RuleCase[] = [...casesOf('x86_64'), ...casesOf('aarch64')];
