/** What a scenario needs that a machine may lack. */
import type { Feature, Profile } from '../../scenario/profile.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';
import type { Backing, Uffd } from '../../scenario/stage2/config.js';
import type { Access } from '../../scenario/stage2/steps.js';

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
};

function backingNeeds(backing: Backing): Feature[] {
  if (backing === 'hugetlb' || backing === 'hugetlb_shared') return ['hugePages'];
  return backing === 'anon_thp' ? ['thp'] : [];
}

function uffdNeeds(backing: Backing, uffd: Uffd | null): Feature[] {
  if (uffd === null) return [];
  const huge = backing === 'hugetlb' || backing === 'hugetlb_shared';
  const shared = backing === 'shmem' || backing === 'memfd';
  const needs: Feature[] = ['userfaultfd'];
  if (uffd.missing && shared) needs.push('uffdMissingShmem');
  if (uffd.missing && huge) needs.push('uffdMissingHugetlb');
  if (uffd.minor) needs.push(huge ? 'uffdMinorHugetlb' : 'uffdMinorShmem');
  if (uffd.wp) needs.push('uffdWp');
  if (uffd.wp && (shared || huge)) needs.push('uffdWpShmemHugetlb');
  if (uffd.missing && uffd.missingAnswers.includes('poison')) needs.push('uffdPoison');
  return needs;
}

/** Features that the scenario cannot do without. */
export function needsOf(scenario: Stage2Scenario): readonly Feature[] {
  const { config, steps } = scenario;
  const needs: Feature[] = [];
  if (config.dirtyTracking === 'ring') needs.push('dirtyRing');
  else if (config.dirtyTracking !== 'bitmap') needs.push('manualProtect');
  for (const region of [config.pt, config.data, config.data2]) {
    if (region === null) continue;
    if (region.flags.readonly) needs.push('readonlyMem');
    needs.push(...backingNeeds(region.backing), ...uffdNeeds(region.backing, region.uffd));
  }
  for (const step of steps) {
    if (step.kind === 'memslot' && 'flags' in step && step.flags.readonly) needs.push('readonlyMem');
    if (step.kind === 'uffd' && 'uffd' in step) {
      needs.push(...uffdNeeds(config[step.region]?.backing ?? 'anon', step.uffd));
    }
  }
  return needs;
}

/** Why the scenario cannot run on this machine, in one sentence. */
export function skipReason(scenario: Stage2Scenario, profile: Profile): string | undefined {
  for (const feature of needsOf(scenario)) if (!profile.features[feature]) return SENTENCE[feature];
  const { privilege } = scenario.config;
  const lacks = ({ op }: Access): boolean => profile.ops[op][privilege].memory === 'absent';
  for (const step of scenario.steps) {
    if (step.kind === 'access' && lacks(step)) return `this processor has no ${step.op}`;
    if (step.kind === 'race' && (lacks(step.a) || lacks(step.b))) return `this processor lacks an operation of a race`;
  }
  return undefined;
}
