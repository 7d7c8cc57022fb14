/** Cases of x86_64. */
import { GVA, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import type { X86Config } from '../../../scenario/stage2/config.js';
import type { X86Op } from '../../../scenario/stage2/ops.js';
import type { ExportArch } from '../arch.js';
import { contentFragments } from '../common/contents.js';
import { DIRTY } from '../common/dirty.js';
import { compareFragments } from '../common/compare.js';
import { eventFragments, eventRows } from '../common/events.js';
import { EXPECTATIONS } from '../common/expectations.js';
import { hostFragments } from '../common/host.js';
import { RESULTS, STEP_FRAME } from '../common/ktap.js';
import { memoryFragments } from '../common/memory.js';
import { SETUP } from '../common/setup.js';
import { userfaultFragments } from '../common/userfault.js';
import { c, fragment, when, type Fragment } from '../fragment.js';
import { accessesOf, type Needs } from '../needs.js';
import type { ExportRequest } from '../request.js';
import { EDITS, instructionOf, type Instruction } from './instructions.js';
import { machineFragments } from './machine.js';
import { X86_EXPECTATIONS, X86_ROWS } from './expectations.js';
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

function constants({ scenario, expectation }: ExportRequest): Fragment[] {
  const { initial, none } = scenario.config as X86Config;
  const entry = (accessed: boolean, dirty: boolean): string =>
    (0x7 | (accessed ? 0x20 : 0) | (dirty ? 0x40 : 0)).toString(16);
  return [
    fragment(
      'PTE_BITS PDE_BITS PDPTE_BITS',
      c`
/* Entries at the start: present, writable, user (0x07), accessed (0x20), dirty (0x40). */
#define PTE_BITS 0x${entry(initial.pteA, initial.pteD)}
#define PDE_BITS 0x${entry(initial.pdeA, false)}
#define PDPTE_BITS 0x${entry(initial.pdpteA, false)}
`,
    ),
    fragment('MMIO_READS', `#define MMIO_READS ${none.reads.join(', ')}`),
    fragment('UNTOUCHED_RULE', `#define UNTOUCHED_RULE "${expectation.untouchedRule}"`),
    fragment('PRIVATE_REGIONS', `#define PRIVATE_REGIONS ${privateRegions(scenario.config as X86Config)}`),
  ];
}

function privateRegions({ pt, data, data2 }: X86Config): string {
  const isPrivate = (region: { backing: string } | null): boolean =>
    region !== null && ['anon', 'anon_thp', 'hugetlb'].includes(region.backing);
  const names = [isPrivate(pt) && 'PT', isPrivate(data) && 'DATA', isPrivate(data2) && 'DATA2'].filter(
    (name) => name !== false,
  );
  return names.length === 0 ? 'CODE' : names.join(', ');
}

function regionStruct(needs: Needs, table: string): Fragment {
  return fragment(
    'region regions GVA',
    c`
static struct region {
	const char *name;
	uint64_t gpa, gva;
	int pages;			/* that the guest's tables map */
	size_t bytes;
${when(needs.uffd, '\tint unit;			/* of its pages: 4 KiB or 2 MiB */\n')}	uint8_t *hva;
	int fd;
} ${table.replace('static struct region ', '')}
#define GVA(region, page, offset) (regions[region].gva + (page) * PAGE + (offset))
`,
  );
}

export function x86Export(request: ExportRequest): ExportArch {
  return {
    library: (_request, needs, regions, setUp) => {
      const rows = eventRows(needs, X86_ROWS);
      const machine = machineFragments(needs, instructionsOf(request));
      return [
        ...machine.layout,
        ...constants(request),
        regionStruct(needs, regions),
        ...RESULTS,
        ...eventFragments(needs, rows),
        ...compareFragments(needs, rows),
        ...STEP_FRAME,
        ...EXPECTATIONS,
        ...X86_EXPECTATIONS,
        ...machine.vcpus,
        ...memoryFragments(needs, { word: 'STUB', mask: '0xffffull' }),
        ...hostFragments(needs),
        ...contentFragments(needs),
        ...DIRTY,
        ...userfaultFragments(needs),
        ...SETUP,
        ...machine.tables,
        ...runningFragments(needs),
        ...machine.vcpuSetUp,
        fragment('set_up', setUp),
      ];
    },
    statements: x86Statements(request.scenario.config),
    machine: (_request, needs) => [
      '\tload_code();',
      ...(request.scenario.steps.some((step) => step.kind === 'pte' && step.by === 'guest') ? ['\tmap_alias();'] : []),
      ...(needs.vcpus === 2
        ? ['\tfor (int cpu = 0; cpu < VCPUS; cpu++)', '\t\tcreate_vcpu(kvm, cpu);']
        : ['\tcreate_vcpu(kvm, 0);']),
    ],
    ringCapability: 'KVM_CAP_DIRTY_LOG_RING',
    gva: ({ name, offsetPages }) => (name === 'pt' ? GVA.ptAlias : GVA[name] + offsetPages * PAGE_SIZE),
    noneGva: GVA.none,
  };
}
