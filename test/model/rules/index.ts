import type { RuleCase } from '../support.js';
import { ACCESS } from './access.js';
import { DIRTY } from './dirty.js';
import { MEMORY } from './memory.js';
import { MMIO } from './mmio.js';
import { PAGING } from './paging.js';
import { UFFD } from './uffd.js';

/** The cases of every rule. */
export const RULE_CASES: readonly RuleCase[] = [...ACCESS, ...PAGING, ...MMIO, ...UFFD, ...DIRTY, ...MEMORY];
