/** An access on x86_64: the registers that it starts with, as the native contract has them. */
import type { Stage2Config } from '../../../scenario/stage2/config.js';
import { fillWord, FILL_TAG, GVA, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { fetchStub } from '../../../scenario/stage2/arch.js';
import type { X86Op } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import { call } from '../text.js';
import { hexText, pageText, regionText, valueText } from '../values.js';
import { instructionOf, MOVING, VECTOR_LOADS, VECTOR_STORES } from './instructions.js';

const STUB = fetchStub('x86_64');

/** The eight bytes that the fill has at an address, which may end on the next page. */
function fillBytes(tag: number, region: number, page: number, offset: number): bigint {
  const word = (at: number): bigint => fillWord(tag, region, page + Math.floor(at / PAGE_SIZE), at % PAGE_SIZE, STUB);
  const first = offset & ~7;
  const pair = word(first) | (word(first + 8) << 64n);
  return BigInt.asUintN(64, pair >> BigInt(8 * (offset & 7)));
}

function comparand(access: Access, page: number, lane: number): bigint {
  const region = access.region === 'data2' ? 3 : 2;
  const offset = access.offset + 8 * lane;
  const at = page + Math.floor(offset / PAGE_SIZE);
  switch (access.comparand) {
    case 'zero':
      return 0n;
    case 'value':
      return BigInt.asUintN(64, BigInt(access.value) + BigInt(lane));
    case 'initial':
    case 'copy':
      return fillBytes(FILL_TAG[access.comparand], region, at, offset % PAGE_SIZE);
  }
}

function peerText({ peer }: Access, base: number | undefined): string {
  if (peer.region === 'scratch') return 'SCRATCH';
  return `GVA(${regionText(peer.region)}, ${pageText(peer.page, base)}, ${hexText(peer.offset)})`;
}

type Registers = readonly (readonly [register: string, value: string])[];

/** What the operation wants beside its operand. */
function operands(access: Access, page: number, base: number | undefined): Registers {
  const value = BigInt(access.value);
  switch (access.op as X86Op) {
    case 'cmpxchg':
      return [
        ['rax', valueText(comparand(access, page, 0), base)],
        ['rbx', valueText(value)],
      ];
    case 'cmpxchg16b':
      return [
        ['rax', valueText(comparand(access, page, 0), base)],
        ['rdx', valueText(comparand(access, page, 1), base)],
        ['rbx', valueText(value)],
        ['rcx', valueText(BigInt.asUintN(64, value + 1n))],
      ];
    case 'lock_bts':
      return [['rax', valueText(value % BigInt(8 * access.width))]];
    case 'fetch':
      return [
        ['rax', hexText(GVA.trap)],
        ['rbx', 'GUEST(fetch_done)'],
      ];
    case 'push':
      return [['rsp', `${peerText(access, base)} + 8`]];
    case 'pop':
      return [['rsp', peerText(access, base)]];
    case 'movs':
      return [['rsi', peerText(access, base)]];
    case 'rep_movs':
      return [
        ['rsi', peerText(access, base)],
        ['rcx', `${access.count}`],
      ];
    case 'rep_stos':
      return [
        ['rax', valueText(value)],
        ['rcx', `${access.count}`],
      ];
    case 'clflush':
    case 'prefetchw':
      return [];
    default:
      return VECTOR_LOADS.has(access.op as X86Op) || VECTOR_STORES.has(access.op as X86Op)
        ? []
        : [['rax', valueText(value)]];
  }
}

/** The registers as a C literal. */
export function registersText(access: Access, page: number, base: number | undefined): string {
  const { label } = instructionOf(access.op as X86Op, access.width);
  const address = `GVA(${regionText(access.region)}, ${pageText(page, base)}, ${hexText(access.offset)})`;
  const all: Registers = [['rip', `GUEST(${label})`], ['rdi', address], ...operands(access, page, base)];
  return `(struct kvm_regs){ ${all.map(([name, value]) => `.${name} = ${value}`).join(', ')} }`;
}

/** The statement that makes one access of a sweep. */
export function accessLines(access: Access, page: number, indent: number, base: number | undefined): string[] {
  const registers = registersText(access, page, base);
  const op = access.op as X86Op;
  const cpu = `${access.vcpu}`;
  if (VECTOR_LOADS.has(op))
    return call('run_vector_load', [cpu, registers, access.value, `${access.width / 8}`], indent);
  if (VECTOR_STORES.has(op)) return call('run_vector_store', [cpu, registers, access.value], indent);
  if (MOVING.has(op)) return call('run_moving', [cpu, registers], indent);
  return call('run_guest', [cpu, registers], indent);
}

/** Pages whose entries the driver reads after an access, as far as they are mapped. */
export function touchedPages(access: Access, page: number, config: Stage2Config): number[] {
  const last = access.offset + access.count * access.width - 1;
  const { pages } =
    access.region === 'none' ? config.none : ((access.region === 'data2' ? config.data2 : config.data) ?? config.data);
  return last >= PAGE_SIZE && page + 1 < pages ? [page, page + 1] : [page];
}
