/** An access on aarch64: the registers that it starts with. */
import type { Stage2Config } from '../../../scenario/stage2/config.js';
import { lane } from '../../../scenario/stage2/layout.js';
import type { ArmOp } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import { comparand } from '../comparand.js';
import { touchedPages } from '../shape.js';
import { call } from '../text.js';
import { hexText, pageText, regionText, valueText } from '../values.js';
import { instructionOf, MOVING, PRE_INDEXED, VECTOR_LOADS, WRITE_BACK } from './instructions.js';

type Registers = readonly (readonly [register: string, value: string])[];

/** What the operation wants beside its operand's address. */
function operands(access: Access, page: number, base: number | undefined): Registers {
  const value = BigInt(access.value);
  switch (access.op as ArmOp) {
    case 'ldp':
    case 'stp':
      return [
        ['x0', valueText(value)],
        ['x2', valueText(lane(value, 1))],
      ];
    case 'cas':
      return [
        ['x0', valueText(comparand('aarch64', access, page), base)],
        ['x2', valueText(value)],
      ];
    case 'stxr':
    case 'ldadd':
    case 'swp':
      return [['x2', valueText(value)]];
    case 'ldr_q':
    case 'str_q':
      return [['q0', `{ ${valueText(value)}, ${valueText(lane(value, 1))} }`]];
    case 'dc_zva':
    case 'dc_civac':
    case 'dc_cvac':
    case 'prfm':
    case 'blr':
      return [];
    default:
      return [['x0', valueText(value)]];
  }
}

/** The registers as a C literal. */
export function registersText(access: Access, page: number, base: number | undefined): string {
  const { label } = instructionOf(access.op as ArmOp, access.width);
  const operand = `GVA(${regionText(access.region)}, ${pageText(page, base)}, ${hexText(access.offset)})`;
  const address = PRE_INDEXED.has(access.op) ? `${operand} - ${WRITE_BACK}` : operand;
  const all: Registers = [['pc', `GUEST(${label})`], ['x1', address], ...operands(access, page, base)];
  return `(struct registers){ ${all.map(([name, value]) => `.${name} = ${value}`).join(', ')} }`;
}

/** The statement that makes one access of a sweep. */
export function accessLines(access: Access, page: number, indent: number, base: number | undefined): string[] {
  const run = VECTOR_LOADS.has(access.op) ? 'run_vector_load' : MOVING.has(access.op) ? 'run_moving' : 'run_guest';
  return call(run, [`${access.vcpu}`, registersText(access, page, base)], indent);
}

/** Pages that the operand touches, as far as they are mapped. */
export function operandPages(access: Access, page: number, config: Stage2Config): readonly number[] {
  const { op, offset, width } = access;
  // DC ZVA clears the block that the address is in.
  const last = op === 'dc_zva' ? offset | (width - 1) : offset + width - 1;
  return touchedPages(access, page, last, config);
}
