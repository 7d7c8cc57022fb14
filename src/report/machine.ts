import type { Profile } from '../scenario/profile.js';

function pagingWords(profile: Profile): string {
  if (profile.arch === 'aarch64') return 'stage-2 translation';
  return profile.paging === 'tdp' ? 'two-dimensional paging' : 'shadow paging';
}

/** The machine under test in a few words: architecture, kernel, KVM module, processor, paging. */
export function machineWords(profile: Profile): string {
  const { arch, kernelRelease, kvmModule, cpuModel } = profile;
  return [arch, kernelRelease, kvmModule, cpuModel, pagingWords(profile)].filter((word) => word !== '').join(', ');
}
