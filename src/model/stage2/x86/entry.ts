/** The entry and the bit that a `pte` step names; the scenario's constraints keep those of other architectures out. */
import type { Pte, X86PteFlag, X86PteLevel } from '../../../scenario/stage2/steps.js';

export function levelOf({ level }: Pte): X86PteLevel {
  if (level === 'pte' || level === 'pde' || level === 'pdpte') return level;
  throw new Error(`HARNESS: x86_64 has no level ${level}`);
}

export function flagOf({ flag }: Pte): X86PteFlag {
  if (flag === 'present' || flag === 'writable' || flag === 'accessed' || flag === 'dirty') return flag;
  throw new Error(`HARNESS: x86_64 has no flag ${flag}`);
}
