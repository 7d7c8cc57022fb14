import { armRule } from '../book.js';

const INSTRUCTIONS = 'Arm ARM C6.2';

export const registerExtend = armRule(
  'arm.register-extend',
  'contract',
  'A load fills its register up: with zeroes, or with the sign of what it read where the instruction says so.',
  `${INSTRUCTIONS}, LDR, LDRSB, LDRSH, LDRSW; arch/arm64/kvm/mmio.c, kvm_handle_mmio_return`,
);
export const writeBack = armRule(
  'arm.write-back',
  'contract',
  'A pre- or post-indexed access that completes moves its base register once.',
  `${INSTRUCTIONS}, LDR and STR (immediate); page_fault_test guest_ld_preidx, guest_st_preidx`,
);
export const atomicOldValue = armRule(
  'arm.atomic-old-value',
  'contract',
  'An atomic returns what memory held before it.',
  `${INSTRUCTIONS}, CAS, LDADD, SWP; page_fault_test guest_cas`,
);
export const failedCas = armRule(
  'arm.failed-compare',
  'contract',
  'A compare-and-swap whose comparison fails returns what memory held and leaves it as it was.',
  `${INSTRUCTIONS}, CAS`,
);
export const exclusive = armRule(
  'arm.exclusive',
  'implementation',
  'A store-exclusive that follows its load-exclusive succeeds after a few tries, though each exit of the guest clears the monitor.',
  'Arm ARM, load-exclusive and store-exclusive usage',
);
export const zeroBlock = armRule(
  'arm.zero-block',
  'contract',
  'dc zva is a write of zeroes to the block that its address is in.',
  `${INSTRUCTIONS}, DC ZVA; page_fault_test guest_dc_zva`,
);
export const atResult = armRule(
  'arm.at-result',
  'contract',
  'at walks the tables, touches no data, and reports the address or the fault that it met in PAR_EL1.',
  'Arm ARM, address translation instructions; page_fault_test guest_at',
);
export const atAccessFlag = armRule(
  'arm.at-access-flag',
  'implementation',
  'Whether at sets the access flag is the choice of the processor, the same each time.',
  'Arm ARM, hardware updates to the translation tables; page_fault_test guest_at; it is probed',
);
export const prefetchMayTranslate = armRule(
  'arm.prefetch-may-translate',
  'contract',
  'A prefetch may set the access flag of the page that it names.',
  'Arm ARM, hardware management of the access flag: also by speculative accesses',
);
export const maintenanceLoads = armRule(
  'arm.cache-maintenance',
  'contract',
  'Cache maintenance by address is checked like a load of one byte; its aborts say that it writes.',
  'Arm ARM, cache maintenance instructions, and ESR_ELx.WnR; it is probed',
);
export const maintenanceIdle = armRule(
  'arm.cache-maintenance-idle',
  'implementation',
  'Where no cache needs it, cache maintenance does nothing, and is not checked either.',
  'Arm ARM, cache maintenance instructions; QEMU, which has no caches; it is probed',
);
export const maintenanceMayWrite = armRule(
  'arm.cache-maintenance-write',
  'implementation',
  'To KVM, cache maintenance of a page that it has not mapped yet is a write; of one without memory it is skipped.',
  'arch/arm64/kvm/mmu.c, kvm_handle_guest_abort: ESR_EL2.WnR is set',
);
export const partialStore = armRule(
  'arm.partial-store',
  'contract',
  'A store across a page boundary that ends on its second page may have written its bytes on the first.',
  'Arm ARM, single-copy atomicity: it is no single access',
);
export const atomicReadsFirst = armRule(
  'arm.atomic-reads-first',
  'implementation',
  'An atomic faults as a read where a read would fault, and as a write where only the write does.',
  'Arm ARM, ESR_ELx.WnR of atomic instructions; it is probed',
);
export const atomicWritesAtOnce = armRule(
  'arm.atomic-writes-at-once',
  'implementation',
  'On a processor whose atomics fault as a write at once, they never fault as a read.',
  'QEMU, accel/tcg/cputlb.c, atomic_mmu_lookup; it is probed',
);
