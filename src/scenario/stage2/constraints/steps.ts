import { archOf, type Arch } from '../arch.js';
import { BACKING_INFO } from '../backing.js';
import type { Backing, Stage2Config } from '../config.js';
import { FETCH_STUB_OFFSET } from '../layout.js';
import type { Op } from '../ops.js';
import {
  ARM_PTE_FLAGS,
  ARM_PTE_LEVELS,
  X86_PTE_FLAGS,
  X86_PTE_LEVELS,
  type Access,
  type DirtyLog,
  type Hole,
  type Host,
  type Memslot,
  type Pte,
  type Race,
  type SlotRegion,
  type Step,
  type UffdStep,
} from '../steps.js';
import { accessProblem, hitsFetchStub } from './access.js';
import { firstProblem, rangeInside, regionExists, within, type Check, type Problem } from './check.js';
import { uffdProblem } from './uffd.js';

const WORD_BYTES = 8;

/** Operations that a race may use: plain and locked accesses of one naturally aligned word. */
export const RACE_OPS = {
  x86_64: ['load', 'store', 'xchg', 'lock_add', 'cmpxchg'],
  aarch64: ['ldr', 'str', 'swp', 'ldadd', 'cas'],
} as const satisfies Record<Arch, readonly Op[]>;

function backingOf(config: Stage2Config, region: SlotRegion): Backing {
  return (region === 'pt' ? config.pt : region === 'data' ? config.data : (config.data2 ?? config.data)).backing;
}

function onePageInside(step: Hole | Pte | Host, config: Stage2Config): Problem | undefined {
  if (step.kind === 'host' && (step.action === 'fork' || step.action === 'release')) return undefined;
  const pages = 'pages' in step ? step.pages : 1;
  return rangeInside({ region: step.region, page: step.page, pages }, config);
}

function holeMethodFitsBacking({ region, how }: Hole, config: Stage2Config): Problem | undefined {
  const backing = backingOf(config, region);
  const { holes } = BACKING_INFO[backing];
  if (holes.includes(how)) return undefined;
  return { path: '.how', problem: `pages of ${backing} are dropped by ${holes.join(' or ')}, not by ${how}` };
}

function pteOfArch({ level, flag }: Pte, config: Stage2Config): Problem | undefined {
  const arch = archOf(config);
  const levels: readonly string[] = arch === 'aarch64' ? ARM_PTE_LEVELS : X86_PTE_LEVELS;
  const flags: readonly string[] = arch === 'aarch64' ? ARM_PTE_FLAGS : X86_PTE_FLAGS;
  if (!levels.includes(level)) return { path: '.level', problem: `${arch} has ${levels.join(', ')}, not ${level}` };
  if (flags.includes(flag)) return undefined;
  return { path: '.flag', problem: `entries of ${arch} have ${flags.join(', ')}, not ${flag}` };
}

function armTablesHaveOnlyValid({ level, flag }: Pte): Problem | undefined {
  if ((level !== 'l2' && level !== 'l1') || flag === 'valid') return undefined;
  return { path: '.flag', problem: `a table descriptor at the level ${level} has only the flag valid` };
}

function onlyLeavesHaveDirtyBits({ level, flag }: Pte): Problem | undefined {
  if (flag !== 'dirty' || level === 'pte') return undefined;
  return { path: '.flag', problem: `an entry at the level ${level} has no dirty bit` };
}

function editorExists({ by, vcpu }: Pte, config: Stage2Config): Problem | undefined {
  if (by === 'host' && vcpu !== 0) return { path: '.vcpu', problem: 'must be 0 for an edit by the host' };
  if (vcpu < config.vcpus) return undefined;
  return { path: '.vcpu', problem: `the configuration has only ${config.vcpus} vCPU` };
}

function slotExists({ region }: Memslot, config: Stage2Config): Problem | undefined {
  return regionExists(region, config);
}

function logFitsTracking(step: DirtyLog, { dirtyTracking }: Stage2Config): Problem | undefined {
  const ring = step.action === 'harvest' || step.action === 'reset';
  if (ring && dirtyTracking !== 'ring') {
    return { path: '.action', problem: `${step.action} needs the dirty tracking ring, not ${dirtyTracking}` };
  }
  if (!ring && dirtyTracking === 'ring') {
    return { path: '.action', problem: `${step.action} needs a dirty bitmap, and the dirty tracking is ring` };
  }
  if (step.action !== 'clear' || dirtyTracking !== 'bitmap') return undefined;
  return { path: '.action', problem: 'clear needs the dirty tracking bitmap_manual or bitmap_manual_init_set' };
}

function logRangeInside(step: DirtyLog, config: Stage2Config): Problem | undefined {
  if (step.action === 'get') return regionExists(step.region, config);
  return step.action === 'clear' ? rangeInside(step, config) : undefined;
}

function hostMovesWords(step: Host): Problem | undefined {
  if (step.action !== 'read' && step.action !== 'write') return undefined;
  if (step.offset % WORD_BYTES === 0) return undefined;
  return { path: '.offset', problem: `must be a multiple of ${WORD_BYTES}` };
}

function hostKeepsFetchStub(step: Host, config: Stage2Config): Problem | undefined {
  if (step.action !== 'write' || !hitsFetchStub(archOf(config), step.region, step.offset, WORD_BYTES)) return undefined;
  const problem = `the write would change the code that fetch runs, at offset ${FETCH_STUB_OFFSET} of each page`;
  return { path: '.offset', problem };
}

function uffdStepFits(step: UffdStep, config: Stage2Config): Problem | undefined {
  const missing = regionExists(step.region, config);
  if (missing !== undefined) return missing;
  if ('uffd' in step) return uffdProblem(step.uffd, backingOf(config, step.region), config);
  return step.action === 'unregister' ? undefined : rangeInside(step, config);
}

function raceNeedsTwoVcpus({ a, b }: Race, config: Stage2Config): Problem | undefined {
  if (config.vcpus !== 2) return { path: '', problem: 'a race needs a configuration with 2 vCPUs' };
  if (a.vcpu !== 0) return { path: '.a.vcpu', problem: 'must be 0' };
  return b.vcpu === 1 ? undefined : { path: '.b.vcpu', problem: 'must be 1' };
}

function raceAccess(access: Access, config: Stage2Config): Problem | undefined {
  const { op, width, offset, region, sweep } = access;
  const ops: readonly Op[] = RACE_OPS[archOf(config)];
  if (!ops.includes(op)) return { path: '.op', problem: `a race is made of ${ops.join(', ')}, not of ${op}` };
  if (region === 'none') return { path: '.region', problem: 'a race is on data or data2' };
  if (offset % width !== 0) return { path: '.offset', problem: `must be a multiple of the width ${width} in a race` };
  if (sweep !== 1) return { path: '.sweep', problem: 'must be 1 in a race' };
  return accessProblem(access, config);
}

const HOLE_CHECKS: readonly Check<Hole>[] = [onePageInside, holeMethodFitsBacking];
const PTE_CHECKS: readonly Check<Pte>[] = [
  onePageInside,
  pteOfArch,
  armTablesHaveOnlyValid,
  onlyLeavesHaveDirtyBits,
  editorExists,
];
const DIRTY_LOG_CHECKS: readonly Check<DirtyLog>[] = [logFitsTracking, logRangeInside];
const HOST_CHECKS: readonly Check<Host>[] = [onePageInside, hostMovesWords, hostKeepsFetchStub];
const RACE_CHECKS: readonly Check<Race>[] = [
  raceNeedsTwoVcpus,
  ({ a }, config) => within('.a', raceAccess(a, config)),
  ({ b }, config) => within('.b', raceAccess(b, config)),
];

/** What one step breaks, if anything. */
export function stepProblem(step: Step, config: Stage2Config): Problem | undefined {
  switch (step.kind) {
    case 'access':
      return accessProblem(step, config);
    case 'race':
      return firstProblem(RACE_CHECKS, step, config);
    case 'hole':
      return firstProblem(HOLE_CHECKS, step, config);
    case 'pte':
      return firstProblem(PTE_CHECKS, step, config);
    case 'memslot':
      return slotExists(step, config);
    case 'dirtyLog':
      return firstProblem(DIRTY_LOG_CHECKS, step, config);
    case 'host':
      return firstProblem(HOST_CHECKS, step, config);
    case 'uffd':
      return uffdStepFits(step, config);
  }
}
