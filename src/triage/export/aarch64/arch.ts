/** Cases of aarch64. */
import type { ArmProfile } from '../../../scenario/profile.js';
import { ARM_GVA } from '../../../scenario/stage2/arch.js';
import type { ArmConfig } from '../../../scenario/stage2/config.js';
import { PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import type { ArmOp } from '../../../scenario/stage2/ops.js';
import type { ExportArch } from '../arch.js';
import { accessesOf } from '../needs.js';
import type { ExportRequest } from '../request.js';
import { ARM_EXPECTATIONS, armMoved, ARM_ROWS } from './expectations.js';
import { instructionOf, isAtomic, MOVING, VECTOR_LOADS, VECTOR_STORES, type Instruction } from './instructions.js';
import { featureLines, machineFragments, UPPER } from './machine.js';
import { runningFragments } from './running.js';
import { armStatements, editOf, flushOf } from './statements.js';

/** The instructions of a case, each once. */
function instructionsOf({ scenario: { steps } }: ExportRequest, lse: boolean): Instruction[] {
  const accesses = accessesOf(steps).map(({ op, width }) => instructionOf(op as ArmOp, width));
  const edits = steps.flatMap((step) => {
    if (step.kind !== 'pte') return [];
    return [...(step.by === 'guest' ? [editOf(step, lse)] : []), ...(step.flush ? [flushOf(step)] : [])];
  });
  return [...new Map([...accesses, ...edits].map((one) => [one.label, one])).values()];
}

export function armExport(request: ExportRequest): ExportArch {
  const { scenario } = request;
  const { steps } = scenario;
  const config = scenario.config as ArmConfig;
  const accesses = accessesOf(steps);
  const { lse } = (request.profile as ArmProfile).features;
  const guestEdits = steps.some((step) => step.kind === 'pte' && step.by === 'guest');
  const usesLse = accesses.some(({ op }) => isAtomic(op)) || (guestEdits && lse);
  const exclusives = accesses.some(({ op }) => op === 'stxr');
  return {
    ops: { moving: MOVING, vectorLoads: VECTOR_LOADS, vectorStores: VECTOR_STORES },
    rows: ARM_ROWS,
    levels: ['L3', 'L2', 'L1'],
    stub: { word: 'STUB', mask: '0xffffffffull', syncs: true },
    ringCapability: 'KVM_CAP_DIRTY_LOG_RING_ACQ_REL',
    noneGva: ARM_GVA.none,
    gva: ({ name, gpa, offsetPages }) =>
      name === 'pt' ? UPPER + BigInt(gpa) : ARM_GVA[name] + offsetPages * PAGE_SIZE,
    statements: armStatements(config, lse),
    moved: armMoved,
    machine: (needs) => [
      '\tload_code();',
      ...(guestEdits ? ['\tmap_alias();'] : []),
      ...(needs.vcpus === 2
        ? ['\tfor (int cpu = 0; cpu < VCPUS; cpu++)', '\t\tcreate_vcpu(kvm, cpu);']
        : ['\tcreate_vcpu(kvm, 0);']),
      ...featureLines(
        config,
        usesLse,
        accesses.some(({ op }) => op === 'dc_zva'),
      ),
    ],
    fragments: (needs) => ({
      ...machineFragments(needs, config, instructionsOf(request, lse)),
      expectations: ARM_EXPECTATIONS,
      running: runningFragments(needs, exclusives),
    }),
  };
}
