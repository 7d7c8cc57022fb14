import type { Stage2Config } from '../config.js';
import { archOf, fetchStub, type Arch } from '../arch.js';
import { FETCH_STUB_OFFSET, PAGE_SIZE } from '../layout.js';
import { ARM_OP_NAMES, isCompare, isFetch, opInfo, type Op } from '../ops.js';
import type { Access, AccessRegion } from '../steps.js';
import { firstProblem, rangeInside, regionExists, regionPages, within, type Check, type Problem } from './check.js';

/** Bytes that one access moves at its memory operand, and at its peer if it has one. */
export function operandBytes(access: Access): number {
  return access.width * access.count;
}

/** A write to data memory that starts at `offset` of a page hits the stub that `fetch` jumps to, in this or the next page. */
export function hitsFetchStub(arch: Arch, region: AccessRegion, offset: number, bytes: number): boolean {
  if (region === 'none') return false;
  const end = offset + bytes;
  const size = fetchStub(arch).bytes;
  const overlaps = (stub: number): boolean => offset < stub + size && end > stub;
  return overlaps(FETCH_STUB_OFFSET) || overlaps(FETCH_STUB_OFFSET + PAGE_SIZE);
}

const ARM: ReadonlySet<Op> = new Set(ARM_OP_NAMES);

function opOfArch({ op }: Access, config: Stage2Config): Problem | undefined {
  const arch = archOf(config);
  if (ARM.has(op) === (arch === 'aarch64')) return undefined;
  return { path: '.op', problem: `${arch} has no ${op}` };
}

function vcpuExists({ vcpu }: Access, config: Stage2Config): Problem | undefined {
  if (vcpu < config.vcpus) return undefined;
  return { path: '.vcpu', problem: `the configuration has only ${config.vcpus} vCPU` };
}

function widthSupported({ op, width }: Access): Problem | undefined {
  const { widths } = opInfo(op);
  if (widths.includes(width)) return undefined;
  return { path: '.width', problem: `${op} has no operand of ${width} bytes, only of ${widths.join(', ')}` };
}

function countOnlyWithRep({ op, count }: Access): Problem | undefined {
  if (count === 1 || opInfo(op).rep) return undefined;
  return { path: '.count', problem: `must be 1, because ${op} does not repeat` };
}

function comparandOnlyWithCmpxchg({ op, comparand }: Access): Problem | undefined {
  if (comparand === 'initial' || isCompare(op)) return undefined;
  return { path: '.comparand', problem: `must be "initial", because ${op} does not compare` };
}

function peerOnlyWhereUsed({ op, peer }: Access): Problem | undefined {
  if (peer.region === 'scratch' || opInfo(op).peer !== 'none') return undefined;
  return { path: '.peer', problem: `must be {"region": "scratch"}, because ${op} has one memory operand` };
}

function operandInside(access: Access, config: Stage2Config): Problem | undefined {
  const outside = rangeInside({ region: access.region, page: access.page, pages: access.sweep }, config);
  if (outside !== undefined) return outside.path === '.pages' ? { ...outside, path: '.sweep' } : outside;
  const lastPage = access.page + access.sweep - 1;
  const end = lastPage * PAGE_SIZE + access.offset + operandBytes(access);
  if (end <= regionPages(config, access.region) * PAGE_SIZE) return undefined;
  return { path: '.offset', problem: `the operand ends beyond the ${access.region} region` };
}

function peerInside(access: Access, config: Stage2Config): Problem | undefined {
  const { peer } = access;
  if (peer.region === 'scratch') return undefined;
  const missing = regionExists(peer.region, config);
  if (missing !== undefined) return within('.peer', missing);
  const pages = regionPages(config, peer.region);
  if (peer.page >= pages) return { path: '.peer.page', problem: `the ${peer.region} region has only ${pages} pages` };
  if (peer.page * PAGE_SIZE + peer.offset + operandBytes(access) <= pages * PAGE_SIZE) return undefined;
  return { path: '.peer.offset', problem: `the operand ends beyond the ${peer.region} region` };
}

function fetchAimsAtStub({ op, offset, sweep }: Access): Problem | undefined {
  if (!isFetch(op)) return undefined;
  if (offset !== FETCH_STUB_OFFSET) return { path: '.offset', problem: `must be ${FETCH_STUB_OFFSET} for a fetch` };
  return sweep === 1 ? undefined : { path: '.sweep', problem: 'must be 1 for a fetch' };
}

const STUB_PROBLEM = `the write would change the code that fetch runs, at offset ${FETCH_STUB_OFFSET} of each page`;

function stubIsKept(access: Access, config: Stage2Config): Problem | undefined {
  const { op, peer } = access;
  const info = opInfo(op);
  const arch = archOf(config);
  if (info.writes && hitsFetchStub(arch, access.region, access.offset, operandBytes(access))) {
    return { path: '.offset', problem: STUB_PROBLEM };
  }
  if (info.peer !== 'writes' || peer.region === 'scratch') return undefined;
  if (!hitsFetchStub(arch, peer.region, peer.offset, operandBytes(access))) return undefined;
  return { path: '.peer.offset', problem: STUB_PROBLEM };
}

/** What a string copy onto itself leaves behind depends on how many bytes the processor moves at a time. */
function copyDoesNotOverlap(access: Access): Problem | undefined {
  const { op, peer } = access;
  if ((op !== 'movs' && op !== 'rep_movs') || peer.region !== access.region) return undefined;
  const bytes = operandBytes(access);
  const source = peer.page * PAGE_SIZE + peer.offset;
  for (let i = 0; i < access.sweep; i++) {
    const target = (access.page + i) * PAGE_SIZE + access.offset;
    if (source < target + bytes && target < source + bytes) {
      return { path: '.peer', problem: 'source and destination of a copy must not overlap' };
    }
  }
  return undefined;
}

/** Whether aarch64 allows an access that is not aligned depends on more than the scenario says. */
function armAtomicsAligned({ op, width, offset }: Access, config: Stage2Config): Problem | undefined {
  if (archOf(config) === 'x86_64' || !opInfo(op).aligned || offset % width === 0) return undefined;
  return { path: '.offset', problem: `must be a multiple of the width ${width} for ${op}` };
}

function atIsPrivileged({ op }: Access, { privilege }: Stage2Config): Problem | undefined {
  if (privilege === 'kernel' || (op !== 'at_s1e1r' && op !== 'at_s1e1w')) return undefined;
  return { path: '.op', problem: `${op} is an instruction of EL1, and the privilege is user` };
}

const CHECKS: readonly Check<Access>[] = [
  opOfArch,
  vcpuExists,
  widthSupported,
  countOnlyWithRep,
  comparandOnlyWithCmpxchg,
  peerOnlyWhereUsed,
  operandInside,
  peerInside,
  fetchAimsAtStub,
  stubIsKept,
  copyDoesNotOverlap,
  armAtomicsAligned,
  atIsPrivileged,
];

/** What one access breaks, if anything. */
export function accessProblem(access: Access, config: Stage2Config): Problem | undefined {
  return firstProblem(CHECKS, access, config);
}
