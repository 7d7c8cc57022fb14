/** An access on x86_64: the registers that it starts with, as the native contract has them. */
import type { Stage2Config } from '../../../scenario/stage2/config.js';
import { GVA } from '../../../scenario/stage2/layout.js';
import type { X86Op } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import { comparand } from '../comparand.js';
import { touchedPages } from '../shape.js';
import { call } from '../text.js';
import { hexText, pageText, regionText, valueText } from '../values.js';
import { instructionOf, MOVING, VECTOR_LOADS, VECTOR_STORES } from './instructions.js';

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
        ['rax', valueText(comparand('x86_64', access, page), base)],
        ['rbx', valueText(value)],
      ];
    case 'cmpxchg16b':
      return [
        ['rax', valueText(comparand('x86_64', access, page), base)],
        ['rdx', valueText(comparand('x86_64', access, page, 1), base)],
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

/** Pages that the operand touches, as far as they are mapped. */
export function operandPages(access: Access, page: number, config: Stage2Config): readonly number[] {
  return touchedPages(access, page, access.offset + access.count * access.width - 1, config);
}
