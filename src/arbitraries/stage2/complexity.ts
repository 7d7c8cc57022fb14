import { GRANULES } from '../../scenario/stage2/arch.js';
import { BACKINGS, DIRTY_TRACKINGS, MISSING_ANSWERS } from '../../scenario/stage2/config.js';
import { MAX_STEPS, PAGE_SIZE } from '../../scenario/stage2/layout.js';
import { isFetch, opInfo } from '../../scenario/stage2/ops.js';
import { COMPARANDS, HOLE_METHODS } from '../../scenario/stage2/steps.js';
import type {
  Access,
  DataRegion,
  HoleMethod,
  Peer,
  PtRegion,
  SlotFlags,
  Stage2Config,
  Stage2Scenario,
  Step,
  Uffd,
} from '../../scenario/stage2.js';
import { PLAIN, type Plain } from './plain.js';

const STEP = 1e9;
const WIDTH_ORDER: readonly number[] = [8, 4, 2, 1, 16, 32, 64];
const REGION_ORDER: readonly string[] = ['data', 'data2', 'none', 'pt'];
const HOLE_ORDER: readonly HoleMethod[] = ['dontneed', ...HOLE_METHODS.filter((how) => how !== 'dontneed')];
const WORD_BYTES = 8;

/** Zero is simplest, then one, then by number of digits. */
function valueCost(hex: string): number {
  if (hex === '0x0') return 0;
  return hex === '0x1' ? 1 : hex.length;
}

/** Start of page, then words, then anything inside, then half of the operand in the next page, then other straddles. */
function offsetCost(offset: number, bytes: number): number {
  if (offset + bytes > PAGE_SIZE) {
    const inFirst = PAGE_SIZE - offset;
    return 6000 + (inFirst === bytes >>> 1 ? 0 : inFirst);
  }
  if (offset === 0) return 0;
  return offset % WORD_BYTES === 0 ? offset / WORD_BYTES : 600 + offset;
}

function peerCost(peer: Peer, bytes: number): number {
  if (peer.region === 'scratch') return 0;
  return 1e6 + REGION_ORDER.indexOf(peer.region) * 3e5 + peer.page * 1000 + offsetCost(peer.offset, bytes);
}

function accessCost(access: Access, { ops }: Plain): number {
  const bytes = access.width * access.count;
  const fetch = isFetch(access.op);
  return (
    ops.indexOf(access.op) * 1e7 +
    peerCost(access.peer, bytes) +
    REGION_ORDER.indexOf(access.region) * 1e6 +
    access.page * 1000 +
    (access.sweep - 1) * 2000 +
    (access.count - 1) * 2000 +
    (fetch ? 0 : offsetCost(access.offset, bytes)) +
    (opInfo(access.op).widths.length === 1 ? 0 : WIDTH_ORDER.indexOf(access.width) * 100) +
    COMPARANDS.indexOf(access.comparand) * 20 +
    valueCost(access.value)
  );
}

function flagsCost(flags: SlotFlags): number {
  return (flags.log ? 1500 : 0) + (flags.readonly ? 1500 : 0);
}

function uffdCost(uffd: Uffd): number {
  let answers = (uffd.missingAnswers.length - 1) * 60;
  for (const answer of uffd.missingAnswers) answers += MISSING_ANSWERS.indexOf(answer) * 10;
  const modes = (uffd.missing ? 300 : 0) + (uffd.wp ? 400 : 0) + (uffd.minor ? 500 : 0);
  const unanswered = (uffd.minorAnswer === 'none' ? 10 : 0) + (uffd.wpAnswer === 'none' ? 10 : 0);
  return 3000 + modes + answers + unanswered + uffd.delayUs;
}

function pagesCost({ page, pages }: { readonly page: number; readonly pages: number }): number {
  return page * 1000 + (pages - 1) * 2000;
}

/** A step's cost beside that of being there at all; all sums stay far below {@link STEP}. */
function stepCost(step: Step, plain: Plain): number {
  if (step.kind === 'access') return accessCost(step, plain);
  if (step.kind === 'race') return 2 * STEP + accessCost(step.a, plain) + accessCost(step.b, plain);
  const region = 'region' in step ? REGION_ORDER.indexOf(step.region) * 1e6 : 0;
  switch (step.kind) {
    case 'hole':
      return region + pagesCost(step) + HOLE_ORDER.indexOf(step.how) * 100;
    case 'pte':
      return (
        region +
        step.page * 1000 +
        plain.levels.indexOf(step.level) * 1e5 +
        (step.by === 'host' ? 3e5 : 0) +
        (step.flush ? 0 : 5e5)
      );
    case 'memslot':
      return region + ('flags' in step ? flagsCost(step.flags) : 0);
    case 'dirtyLog':
      return region + (step.action === 'clear' ? pagesCost(step) : 0) + (step.action === 'harvest' ? 5e6 : 0);
    case 'host':
      if (step.action === 'fork' || step.action === 'release') return 0;
      if (step.action === 'mprotect') return region + pagesCost(step);
      return (
        region +
        step.page * 1000 +
        offsetCost(step.offset, WORD_BYTES) +
        (step.action === 'write' ? valueCost(step.value) : 0)
      );
    case 'uffd':
      if ('uffd' in step) return region + uffdCost(step.uffd);
      return region + ('page' in step ? pagesCost(step) : 0);
  }
}

/** vCPU 0 is simplest, and if both are needed, it comes first. */
function vcpuCost(step: Step, index: number): number {
  if (step.kind !== 'access' && step.kind !== 'pte') return 0;
  return step.vcpu * (5e5 + (MAX_STEPS - index) * 1000);
}

function regionCost(region: PtRegion | DataRegion): number {
  const place = 'pages' in region ? (region.pages - 1) * 200 + region.offsetPages : 0;
  const uffd = region.uffd === null ? 0 : uffdCost(region.uffd);
  return BACKINGS.indexOf(region.backing) * 1e4 + flagsCost(region.flags) + uffd + place;
}

/** Each thing about the entries and how they are walked that is not as plain as it can be. */
function pagingCost(config: Stage2Config): number {
  if ('granule' in config) {
    const { ha, hd, initial, granule } = config;
    const unusual = [!ha, hd, !initial.af, initial.dbm, !initial.writable].filter((odd) => odd).length;
    return unusual * 2000 + GRANULES.indexOf(granule) * 1e5;
  }
  const { pteA, pdeA, pdpteA, pteD } = config.initial;
  return [pteA, pdeA, pdpteA, pteD].filter((bit) => !bit).length * 2000;
}

function configCost(config: Stage2Config): number {
  const { none } = config;
  let reads = (none.reads.length - 1) * 40;
  for (const read of none.reads) reads += valueCost(read);
  return (
    (config.privilege === 'user' ? 2e4 : 0) +
    (config.vcpus - 1) * 5e4 +
    DIRTY_TRACKINGS.indexOf(config.dirtyTracking) * 1e4 +
    pagingCost(config) +
    regionCost(config.pt) +
    regionCost(config.data) +
    (config.data2 === null ? 0 : 1e6 + regionCost(config.data2)) +
    (none.pages - 1) * 200 +
    reads
  );
}

/**
 * How far a scenario is from the simplest one: a natural number, in which the number of steps comes first. Every move of the
 * reducer makes it smaller, so that reduction ends.
 */
export function complexity({ arch, config, steps }: Stage2Scenario): number {
  let sum = configCost(config);
  for (const [i, step] of steps.entries()) sum += STEP + stepCost(step, PLAIN[arch]) + vcpuCost(step, i);
  return sum;
}
