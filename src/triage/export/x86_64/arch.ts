/** Cases of x86_64. */
import type { X86Config } from '../../../scenario/stage2/config.js';
import { GVA, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import type { X86Op } from '../../../scenario/stage2/ops.js';
import type { ExportArch } from '../arch.js';
import { c, fragment, type Fragment } from '../fragment.js';
import { accessesOf } from '../needs.js';
import type { ExportRequest } from '../request.js';
import { X86_EXPECTATIONS, x86Moved, X86_ROWS } from './expectations.js';
import { EDITS, instructionOf, MOVING, VECTOR_LOADS, VECTOR_STORES, type Instruction } from './instructions.js';
import { machineFragments } from './machine.js';
import { runningFragments } from './running.js';
import { x86Statements } from './statements.js';

/** The instructions of a case, each once. */
function instructionsOf({ scenario }: ExportRequest): Instruction[] {
  const accesses = accessesOf(scenario.steps).map(({ op, width }) => instructionOf(op as X86Op, width));
  const edits = scenario.steps.flatMap((step) => {
    if (step.kind !== 'pte') return [];
    const edit = step.by === 'host' ? [] : [step.set ? EDITS.set : EDITS.clear];
    const flush = step.flush ? [step.level === 'pte' ? EDITS.invlpg : EDITS.reload] : [];
    return [...edit, ...flush];
  });
  const all = [...accesses, ...edits];
  return [...new Map(all.map((one) => [one.label, one])).values()];
}

function entryBits({ initial }: X86Config): Fragment {
  const entry = (accessed: boolean, dirty: boolean): string =>
    (0x7 | (accessed ? 0x20 : 0) | (dirty ? 0x40 : 0)).toString(16);
  return fragment(
    'PTE_BITS PDE_BITS PDPTE_BITS',
    c`
/* Entries at the start: present, writable, user (0x07), accessed (0x20), dirty (0x40). */
#define PTE_BITS 0x${entry(initial.pteA, initial.pteD)}
#define PDE_BITS 0x${entry(initial.pdeA, false)}
#define PDPTE_BITS 0x${entry(initial.pdpteA, false)}
`,
  );
}

export function x86Export(request: ExportRequest): ExportArch {
  const { config, steps } = request.scenario;
  return {
    ops: { moving: MOVING, vectorLoads: VECTOR_LOADS, vectorStores: VECTOR_STORES },
    rows: X86_ROWS,
    levels: ['PTE', 'PDE', 'PDPTE'],
    stub: { word: 'STUB', mask: '0xffffull', syncs: false },
    ringCapability: 'KVM_CAP_DIRTY_LOG_RING',
    noneGva: GVA.none,
    gva: ({ name, offsetPages }) => (name === 'pt' ? GVA.ptAlias : GVA[name] + offsetPages * PAGE_SIZE),
    statements: x86Statements(config),
    moved: x86Moved,
    machine: (needs) => [
      '\tload_code();',
      ...(steps.some((step) => step.kind === 'pte' && step.by === 'guest') ? ['\tmap_alias();'] : []),
      ...(needs.vcpus === 2
        ? ['\tfor (int cpu = 0; cpu < VCPUS; cpu++)', '\t\tcreate_vcpu(kvm, cpu);']
        : ['\tcreate_vcpu(kvm, 0);']),
    ],
    fragments: (needs) => {
      const machine = machineFragments(needs, instructionsOf(request));
      return {
        ...machine,
        layout: [...machine.layout, entryBits(config as X86Config)],
        expectations: X86_EXPECTATIONS,
        running: runningFragments(needs),
      };
    },
  };
}
