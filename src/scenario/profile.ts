import type { Arch } from './stage2/arch.js';
import type { X86Op } from './stage2/ops.js';

/** What one operation does at one guest privilege, as probed. */
export interface OpAbility {
  /** On ordinary memory: it runs, ends in an emulation failure, or the CPU lacks it (#UD). */
  readonly memory: 'runs' | 'undecoded' | 'absent';
  /**
   * Where KVM must emulate it (MMIO, a read-only slot): it is emulated, or it is not, which ends KVM_RUN or raises #UD in the guest
   * (`invalid_opcode`).
   */
  readonly mmio: 'emulated' | 'undecoded' | 'invalid_opcode' | 'absent';
}

/** What the floors above the model need to know of a machine under test, whatever the family. */
export interface Profile {
  readonly target: string;
  readonly arch: Arch;
  /** Free text for reports: kernel release, KVM module (empty where none is needed), CPU. No rule reads these. */
  readonly kernelRelease: string;
  readonly kvmModule: string;
  readonly cpuVendor: string;
  readonly cpuModel: string;
  /** Things a scenario may need. A missing one makes the scenario a skip that names it. */
  readonly features: Readonly<Record<string, boolean>>;
}

/** Facts that the stage2 model conditions on. Probed, not guessed from names. */
interface CommonProfile extends Profile {
  /** A page walk dirties page-table pages only when it changes an entry, or always (nested paging). */
  readonly walkDirtiesTables: 'on_change' | 'always';
  /** KVM_RUN failing with EFAULT comes as KVM_EXIT_MEMORY_FAULT. */
  readonly memoryFaultExit: boolean;
  /** A range that is registered for WP can be registered again without; newer kernels answer EBUSY. */
  readonly uffdDropsWp: boolean;
  /** Unregistering wakes whoever waits; otherwise only where the range was registered for MISSING. */
  readonly uffdUnregisterWakesAll: boolean;
  /** UFFDIO_WRITEPROTECT takes a range of several mappings, into which mprotect splits one; older kernels answer ENOENT. */
  readonly uffdWpSpansMappings: boolean;
  readonly features: Readonly<Record<Feature, boolean>>;
  /** Usable entries of a dirty ring before KVM_EXIT_DIRTY_RING_FULL, or 0. */
  readonly ringSoftLimit: number;
}

export interface X86Profile extends CommonProfile {
  readonly arch: 'x86_64';
  /** Two-dimensional paging (EPT, NPT) or shadow paging. */
  readonly paging: 'tdp' | 'shadow';
  /** CPL0 code runs on the CPU; otherwise KVM's instruction emulator runs every instruction of it. */
  readonly kernelRunsNatively: boolean;
  /** Page tables in a read-only slot: walks work and leave A/D bits clear, or it is undefined territory. */
  readonly readOnlyTables: 'work' | 'undefined';
  /** An atomic that the processor runs faults as a read first (emulated processors), or as a write at once. */
  readonly atomicFaults: 'read_first' | 'write_at_once';
  /**
   * Bytes that a store of the processor writes at once. A wider one across a page boundary (on emulated processors) is made in parts,
   * and one that faults on its second page has written those on the first.
   */
  readonly storesAtOnce: number;
  /**
   * Shadow paging that catches up with a leaf table that the guest edited makes every entry of its shadow anew (older kernels), and
   * not only those whose rights changed.
   */
  readonly syncsWholeTables: boolean;
  /** KVM emulates an access to MMIO that it has cached before anyone looks at the guest's rights, as an instruction shows that it cannot emulate. */
  readonly mmioBeforeRights: boolean;
  /** The processor checks clflush like a load; otherwise it does nothing. */
  readonly clflushLoads: boolean;
  readonly ops: Readonly<Record<X86Op, { readonly kernel: OpAbility; readonly user: OpAbility }>>;
}

export interface ArmProfile extends CommonProfile {
  readonly arch: 'aarch64';
  /** An atomic (`cas`, `ldadd`, `swp`) on memory that it may not write faults as a read first, or as a write at once. */
  readonly atomicFaults: 'read_first' | 'write_at_once';
  /** `at` sets the access flag where the processor manages it. */
  readonly atSetsAccessFlag: boolean;
  /** The processor checks cache maintenance by address like a load; otherwise it does nothing. */
  readonly maintenanceLoads: boolean;
}

export type Stage2Profile = X86Profile | ArmProfile;

const COMMON_FEATURES = [
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
const ARM_FEATURES = ['lse', 'hardwareAccessFlag', 'hardwareDirty', 'granule4k', 'granule16k', 'granule64k'] as const;

export const FEATURES = [...COMMON_FEATURES, ...ARM_FEATURES] as const;
export type Feature = (typeof FEATURES)[number];

/** Features that the architecture's scenarios can need. */
export const FEATURES_OF: Readonly<Record<Arch, readonly Feature[]>> = {
  x86_64: COMMON_FEATURES,
  aarch64: FEATURES,
};
