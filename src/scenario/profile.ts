import type { Op } from './stage2/ops.js';

/** What one operation does at one guest privilege, as probed. */
export interface OpAbility {
  /** On ordinary memory: it runs, ends in an emulation failure, or the CPU lacks it (#UD). */
  readonly memory: 'runs' | 'undecoded' | 'absent';
  /** Where KVM must emulate it (MMIO, a read-only slot): it is emulated, or ends in an emulation failure. */
  readonly mmio: 'emulated' | 'undecoded' | 'absent';
}

/** Facts about the machine under test that the model conditions on. Probed, not guessed from names. */
export interface Profile {
  readonly target: string;
  readonly arch: 'x86_64';
  /** Free text for reports: kernel release, KVM module, CPU. No rule reads these. */
  readonly kernelRelease: string;
  readonly kvmModule: string;
  readonly cpuVendor: string;
  readonly cpuModel: string;
  /** Two-dimensional paging (EPT, NPT) or shadow paging. */
  readonly paging: 'tdp' | 'shadow';
  /** CPL0 code runs on the CPU; otherwise KVM's instruction emulator runs every instruction of it. */
  readonly kernelRunsNatively: boolean;
  /** A page walk dirties page-table pages only when it changes an entry, or always (nested paging). */
  readonly walkDirtiesTables: 'on_change' | 'always';
  /** Page tables in a read-only slot: walks work and leave A/D bits clear, or it is undefined territory. */
  readonly readOnlyTables: 'work' | 'undefined';
  /** KVM_RUN failing with EFAULT comes as KVM_EXIT_MEMORY_FAULT. */
  readonly memoryFaultExit: boolean;
  readonly ops: Readonly<Record<Op, { readonly kernel: OpAbility; readonly user: OpAbility }>>;
  /** Things a scenario may need. A missing one makes the scenario a skip that names it. */
  readonly features: Readonly<Record<Feature, boolean>>;
  /** Usable entries of a dirty ring before KVM_EXIT_DIRTY_RING_FULL, or 0. */
  readonly ringSoftLimit: number;
}

export const FEATURES = [
  'readonlyMem',
  'manualProtect',
  'dirtyRing',
  'userfaultfd',
  'uffdMissingShmem',
  'uffdMissingHugetlb',
  'uffdMinorHugetlb',
  'uffdMinorShmem',
  'uffdWp',
  'uffdWpShmemHugetlb',
  'uffdPoison',
  'hugePages',
  'thp',
] as const;
export type Feature = (typeof FEATURES)[number];
