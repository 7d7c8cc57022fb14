/** What a scenario needs that a machine may lack. */
import type { Feature, Stage2Profile, X86Profile } from '../../scenario/profile.js';
import type { Arch } from '../../scenario/stage2/arch.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';
import type { ArmConfig, Backing, DataRegion, PtRegion, Uffd } from '../../scenario/stage2/config.js';
import type { Op, X86Op } from '../../scenario/stage2/ops.js';
import type { Access, Step } from '../../scenario/stage2/steps.js';

const SENTENCE: Readonly<Record<Feature, string>> = {
  readonlyMem: 'this KVM has no read-only memslots (KVM_CAP_READONLY_MEM)',
  manualProtect: 'this KVM has no manual dirty-log protection (KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2)',
  dirtyRing: 'this KVM has no dirty ring (KVM_CAP_DIRTY_LOG_RING)',
  userfaultfd: 'userfaultfd is not available; `faultline doctor` names the mending command',
  uffdMissingShmem: 'userfaultfd has no MISSING mode for shared memory',
  uffdMissingHugetlb: 'userfaultfd has no MISSING mode for huge pages',
  uffdMinorHugetlb: 'userfaultfd has no MINOR mode for huge pages',
  uffdMinorShmem: 'userfaultfd has no MINOR mode for shared memory',
  uffdWp: 'userfaultfd has no WP mode',
  uffdWpShmemHugetlb: 'userfaultfd has no WP mode for shared memory and huge pages',
  uffdPoison: 'userfaultfd has no UFFDIO_POISON',
  hugePages: 'no huge pages are free; `faultline doctor` names the mending command',
  thp: 'transparent huge pages are off',
  lse: 'this processor has no atomic instructions (FEAT_LSE)',
  hardwareAccessFlag: 'this processor does not manage the access flag (FEAT_HAFDBS)',
  hardwareDirty: 'this processor does not manage the dirty state (FEAT_HAFDBS)',
  granule4k: 'this processor has no translation granule of 4 KiB',
  granule16k: 'this processor has no translation granule of 16 KiB',
  granule64k: 'this processor has no translation granule of 64 KiB',
};

/** Why nothing of another architecture runs on a machine of this one. */
export const WRONG_ARCH: Readonly<Record<Arch, string>> = {
  x86_64: 'this machine is an x86_64 one, and the scenario is for aarch64',
  aarch64: 'this machine is an aarch64 one, and the scenario is for x86_64',
};

type Need = (feature: Feature) => void;

function backingNeeds(backing: Backing, need: Need): void {
  if (backing === 'hugetlb' || backing === 'hugetlb_shared') need('hugePages');
  else if (backing === 'anon_thp') need('thp');
}

function uffdNeeds(backing: Backing, uffd: Uffd | null, need: Need): void {
  if (uffd === null) return;
  const huge = backing === 'hugetlb' || backing === 'hugetlb_shared';
  const shared = backing === 'shmem' || backing === 'memfd';
  need('userfaultfd');
  if (uffd.missing && shared) need('uffdMissingShmem');
  if (uffd.missing && huge) need('uffdMissingHugetlb');
  if (uffd.minor) need(huge ? 'uffdMinorHugetlb' : 'uffdMinorShmem');
  if (uffd.wp) need('uffdWp');
  if (uffd.wp && (shared || huge)) need('uffdWpShmemHugetlb');
  if (uffd.missing && uffd.missingAnswers.includes('poison')) need('uffdPoison');
}

function regionNeeds(region: PtRegion | DataRegion | null, need: Need): void {
  if (region === null) return;
  if (region.flags.readonly) need('readonlyMem');
  backingNeeds(region.backing, need);
  uffdNeeds(region.backing, region.uffd, need);
}

/** Calls `need` with each feature that the scenario cannot do without. Every prediction asks, so it makes no lists. */
function needsOf({ config, steps }: Stage2Scenario, need: Need): void {
  if (config.dirtyTracking === 'ring') need('dirtyRing');
  else if (config.dirtyTracking !== 'bitmap') need('manualProtect');
  regionNeeds(config.pt, need);
  regionNeeds(config.data, need);
  regionNeeds(config.data2, need);
  if ('granule' in config) armNeeds(config, steps, need);
  for (const step of steps) {
    if (step.kind === 'memslot' && 'flags' in step && step.flags.readonly) need('readonlyMem');
    if (step.kind === 'uffd' && 'uffd' in step) {
      uffdNeeds(config[step.region]?.backing ?? 'anon', step.uffd, need);
    }
  }
}

/** Why the scenario cannot run on this machine, in one sentence. */
export function skipReason(scenario: Stage2Scenario, profile: Stage2Profile): string | undefined {
  let missing: Feature | undefined;
  needsOf(scenario, (feature) => {
    if (!profile.features[feature]) missing ??= feature;
  });
  if (missing !== undefined) return SENTENCE[missing];
  return profile.arch === 'x86_64' ? lackingOperation(scenario, profile) : undefined;
}

/** Of x86_64 it is probed what each operation does. */
function lackingOperation({ config, steps }: Stage2Scenario, profile: X86Profile): string | undefined {
  const lacks = ({ op }: Access): boolean => profile.ops[op as X86Op][config.privilege].memory === 'absent';
  for (const step of steps) {
    if (step.kind === 'access' && lacks(step)) return `this processor has no ${step.op}`;
    if (step.kind === 'race' && (lacks(step.a) || lacks(step.b))) return `this processor lacks an operation of a race`;
  }
  return undefined;
}

const GRANULE_FEATURE = { '4k': 'granule4k', '16k': 'granule16k', '64k': 'granule64k' } as const;

/** Atomic instructions of FEAT_LSE. */
const LSE: ReadonlySet<Op> = new Set(['cas', 'ldadd', 'swp'] satisfies Op[]);

function usesLse(step: Step): boolean {
  if (step.kind === 'access') return LSE.has(step.op);
  return step.kind === 'race' && (LSE.has(step.a.op) || LSE.has(step.b.op));
}

/** What the guest needs of an aarch64 processor. */
function armNeeds({ granule, ha, hd }: ArmConfig, steps: readonly Step[], need: Need): void {
  need(GRANULE_FEATURE[granule]);
  if (ha) need('hardwareAccessFlag');
  if (hd) need('hardwareDirty');
  if (steps.some(usesLse)) need('lse');
}
