import { fileURLToPath } from 'node:url';
import { loadCases } from '../../src/corpus/load.js';
import type { ArmProfile, OpAbility, Stage2Profile, X86Profile } from '../../src/scenario/profile.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import type { X86Op } from '../../src/scenario/stage2/ops.js';
import { armProfile, profile } from '../arbitraries/profiles.js';

export const CORPUS = fileURLToPath(new URL('../../corpus', import.meta.url));
export const PARSERS = { stage2: parseStage2 };

/** Every case of the corpus, and the files that were refused. */
export const loaded = loadCases([`${CORPUS}/stage2`], PARSERS);

const WIDE: readonly X86Op[] = ['cmpxchg16b', 'avx_load', 'avx_store', 'avx512_load', 'avx512_store'];

/** What emulators do not know: no wide instruction at all by emulation, on memory or on MMIO. */
function abilities({ ops }: X86Profile, kernelMemory: OpAbility['memory']): X86Profile['ops'] {
  const wide = WIDE.map((op) => {
    const user: OpAbility = { memory: 'runs', mmio: 'undecoded' };
    return [op, { kernel: { memory: kernelMemory, mmio: 'undecoded' }, user }] as const;
  });
  return { ...ops, ...Object.fromEntries(wide) };
}

const base = profile();

/** Shadow paging, where KVM emulates the code of CPL0. */
export const shadow: X86Profile = { ...base, mmioBeforeRights: true, ops: abilities(base, 'undecoded') };

/** Two-dimensional paging, where the processor runs everything and its walks are writes. */
export const nested: X86Profile = {
  ...base,
  paging: 'tdp',
  kernelRunsNatively: true,
  walkDirtiesTables: 'always',
  readOnlyTables: 'undefined',
  memoryFaultExit: true,
  ops: abilities(base, 'runs'),
};

/** An aarch64 machine that can do everything. */
export const arm: ArmProfile = armProfile();

const { fetch } = base.ops;

/** The same on an emulated processor, under a kernel whose emulator knows the wide instructions. */
export const emulatedProcessor: X86Profile = {
  ...nested,
  atomicFaults: 'read_first',
  clflushLoads: false,
  storesAtOnce: 8,
  uffdDropsWp: false,
  uffdWpSpansMappings: false,
  ops: { ...base.ops, fetch: { ...fetch, user: { memory: 'runs', mmio: 'invalid_opcode' } } },
};

/** Machines of which each exercises what the others cannot. */
export const MACHINES: readonly Stage2Profile[] = [shadow, nested, emulatedProcessor, arm];
