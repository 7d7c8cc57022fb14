import { MEMORY } from '../../scenario/uffd/memory.js';
import type { UffdProfile } from '../../scenario/uffd/profile.js';
import type { UffdScenario, UffdStep } from '../../scenario/uffd.js';
import type { UffdFeature } from '../../scenario/uffd/features.js';

/** The feature without which registering a mode on this memory is not allowed. */
function modeFeature(step: UffdStep, memory: UffdScenario['config']['memory']): readonly UffdFeature[] {
  if (step.kind !== 'ioctl' || step.ioctl !== 'register') return [];
  const { file, hugetlb } = MEMORY[memory];
  const needed: UffdFeature[] = [];
  if (step.mode.includes('wp')) needed.push(file ? 'wp_hugetlbfs_shmem' : 'pagefault_flag_wp');
  if (step.mode.includes('missing') && file) needed.push(hugetlb ? 'missing_hugetlbfs' : 'missing_shmem');
  if (step.mode.includes('minor') && file) needed.push(hugetlb ? 'minor_hugetlbfs' : 'minor_shmem');
  return needed;
}

/** Why a scenario cannot run on this machine, in one sentence. */
export function skipReason({ config, steps }: UffdScenario, profile: UffdProfile): string | undefined {
  const { features, continueWp, advice } = profile;
  if (config.open === 'device' && !features.device) return 'needs /dev/userfaultfd';
  if (MEMORY[config.memory].hugetlb && !features.hugePages) return 'needs free huge pages';
  const absent = [...config.features, ...steps.flatMap((step) => modeFeature(step, config.memory))].find(
    (name) => !features[name],
  );
  const marks = steps.some((step) => step.kind === 'ioctl' && step.ioctl === 'continue' && step.mode.includes('wp'));
  if (marks && !continueWp) return 'needs UFFDIO_CONTINUE with the WP mode';
  const unknown = steps.find((step) => step.kind === 'advise' && !advice[step.advice]);
  if (unknown?.kind === 'advise') return `needs MADV_${unknown.advice.toUpperCase()}`;
  return absent === undefined ? undefined : `needs the userfaultfd feature ${absent}`;
}
