/** What the statements of a case are on x86_64. */
import type { Stage2Config } from '../../../scenario/stage2/config.js';
import { PTE_BIT } from '../../../scenario/stage2/layout.js';
import type { Pte } from '../../../scenario/stage2/steps.js';
import type { ArchStatements } from '../steps.js';
import { call } from '../text.js';
import { hexText, pageText, regionText } from '../values.js';
import { accessLines, registersText, operandPages } from './access.js';
import { EDITS } from './instructions.js';

const ENTRIES = { pte: 'pte_of', pde: 'pde_of', pdpte: 'pdpte_of' } as const;

function pteLines(step: Pte): string[] {
  const bit = hexText(1 << PTE_BIT[step.flag as keyof typeof PTE_BIT]);
  const gva = `GVA(${regionText(step.region)}, ${step.page}, 0)`;
  const level = ENTRIES[step.level as keyof typeof ENTRIES];
  return [
    ...(step.by === 'guest' ? guestEdit(step, level, bit, gva) : hostEdit(step, level, bit, gva)),
    ...flushLines(step, gva),
  ];
}

function guestEdit({ set, vcpu }: Pte, level: string, bit: string, gva: string): string[] {
  const { label } = set ? EDITS.set : EDITS.clear;
  const operand = set ? bit : `~${bit}ull`;
  const address = `alias_of(${level}(regions[PT].hva, ${gva}))`;
  return call(
    'run_guest',
    [`${vcpu}`, `(struct kvm_regs){ .rip = GUEST(${label}), .rdi = ${address}, .rax = ${operand} }`],
    1,
  );
}

function hostEdit({ set, flush }: Pte, level: string, bit: string, gva: string): string[] {
  const edit = call('host_edit', [`${level}(regions[PT].hva, ${gva})`, set ? bit : '0', set ? '0' : bit], 1);
  return flush ? [...edit, '\tdrop_cached();'] : edit;
}

function flushLines({ flush, level }: Pte, gva: string): string[] {
  if (!flush) return [];
  const registers =
    level === 'pte'
      ? `.rip = GUEST(${EDITS.invlpg.label}), .rdi = ${gva}`
      : `.rip = GUEST(${EDITS.reload.label}), .rax = PML4`;
  return call('flush', [`(struct kvm_regs){ ${registers} }`], 1);
}

export function x86Statements(config: Stage2Config): ArchStatements {
  return {
    access: accessLines,
    entries: (access, page, indent, base) =>
      operandPages(access, page, config).flatMap((one) =>
        call('record_entries', [regionText(access.region), pageText(one, base)], indent),
      ),
    race: (a, b) => call('race', [registersText(a, a.page, undefined), registersText(b, b.page, undefined)], 1),
    pte: pteLines,
  };
}
