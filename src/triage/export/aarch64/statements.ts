/** What the statements of a case are on aarch64. */
import { ARM_PTE_BIT, leafPages } from '../../../scenario/stage2/arch.js';
import type { Stage2Config } from '../../../scenario/stage2/config.js';
import type { ArmPteFlag, ArmPteLevel, Pte } from '../../../scenario/stage2/steps.js';
import type { ArchStatements } from '../steps.js';
import { call } from '../text.js';
import { hexText, pageText, regionText } from '../values.js';
import { accessLines, operandPages, registersText } from './access.js';
import { EDITS, FLUSHES, type Instruction } from './instructions.js';

const ENTRIES: Readonly<Record<ArmPteLevel, string>> = { l3: 'l3_of', l2: 'l2_of', l1: 'l1_of' };
const BITS: Readonly<Record<ArmPteFlag, number>> = {
  valid: ARM_PTE_BIT.valid,
  writable: ARM_PTE_BIT.readonly,
  af: ARM_PTE_BIT.accessed,
  dbm: ARM_PTE_BIT.dbm,
};

/** Whether an edit sets the bit: what makes a page writable is a bit that is clear. */
function setsBit({ flag, set }: Pte): boolean {
  return flag === 'writable' ? !set : set;
}

/** The instruction with which the guest makes an edit. */
export function editOf(step: Pte, lse: boolean): Instruction {
  const edits = lse ? EDITS.atomic : EDITS.exclusive;
  return setsBit(step) ? edits.set : edits.clear;
}

/** The instructions that drop what was cached of the entry. */
export function flushOf({ level }: Pte): Instruction {
  return level === 'l3' ? FLUSHES.page : FLUSHES.all;
}

function editLines(step: Pte, lse: boolean): string[] {
  const gva = `GVA(${regionText(step.region)}, ${step.page}, 0)`;
  const entry = `${ENTRIES[step.level as ArmPteLevel]}(regions[PT].hva, ${gva})`;
  const bit = hexText(1n << BigInt(BITS[step.flag as ArmPteFlag]));
  if (step.by === 'host') {
    const change = setsBit(step) ? [bit, '0'] : ['0', bit];
    return call('host_edit', [entry, ...change], 1);
  }
  const registers = `.pc = GUEST(${editOf(step, lse).label}), .x1 = alias_of(${entry}), .x0 = ${bit}`;
  return call('run_guest', [`${step.vcpu}`, `(struct registers){ ${registers} }`], 1);
}

/** TLBI reaches every vCPU, so one is enough. A leaf may map several pages. */
function flushLines(step: Pte, config: Stage2Config): string[] {
  if (!step.flush) return [];
  const first = step.page - (step.page % leafPages(config));
  const page = step.level === 'l3' ? `, .x0 = GVA(${regionText(step.region)}, ${first}, 0) >> 12` : '';
  return call('flush', [`${step.vcpu}`, `(struct registers){ .pc = GUEST(${flushOf(step).label})${page} }`], 1);
}

/** @param lse the guest has FEAT_LSE. */
export function armStatements(config: Stage2Config, lse: boolean): ArchStatements {
  return {
    access: accessLines,
    entries: (access, page, indent, base) =>
      operandPages(access, page, config).flatMap((one) =>
        call('record_entries', [regionText(access.region), pageText(one, base)], indent),
      ),
    race: (a, b) => call('race', [registersText(a, a.page, undefined), registersText(b, b.page, undefined)], 1),
    pte: (step) => [...editLines(step, lse), ...flushLines(step, config)],
  };
}
