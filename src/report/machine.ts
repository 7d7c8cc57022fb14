import type { Profile, Stage2Profile } from '../scenario/profile.js';

/** A profile that knows of paging is one of stage2. */
function isStage2(profile: Profile): profile is Stage2Profile {
  return 'walkDirtiesTables' in profile;
}

function pagingWords(profile: Profile): string {
  if (!isStage2(profile)) return '';
  if (profile.arch === 'aarch64') return 'stage-2 translation';
  return profile.paging === 'tdp' ? 'two-dimensional paging' : 'shadow paging';
}

/** The machine under test in a few words: architecture, kernel, KVM module, processor, paging. */
export function machineWords(profile: Profile): string {
  const { arch, kernelRelease, kvmModule, cpuModel } = profile;
  return [arch, kernelRelease, kvmModule, cpuModel, pagingWords(profile)].filter((word) => word !== '').join(', ');
}
