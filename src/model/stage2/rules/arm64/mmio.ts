import { armRule } from '../book.js';

const ABORT = 'arch/arm64/kvm/mmu.c, kvm_handle_guest_abort';

export const noSyndrome = armRule(
  'arm.no-syndrome',
  'contract',
  'An access that KVM would have to emulate, by an instruction that the syndrome does not describe, fails KVM_RUN with ENOSYS.',
  'api.rst, KVM_EXIT_ARM_NISV; Arm ARM, ESR_EL2.ISV; page_fault_test ro_memslot_no_syndrome',
);
export const fetchAbort = armRule(
  'arm.fetch-abort',
  'implementation',
  'A fetch from an address without memory aborts with a synchronous External abort.',
  `${ABORT}; arch/arm64/kvm/inject_fault.c`,
);
export const readClean = armRule(
  'arm.read-clean',
  'implementation',
  'A read or a fetch marks nothing dirty: KVM maps a page of a logged slot writable for a write only.',
  'arch/arm64/kvm/mmu.c, user_mem_abort; page_fault_test guest_check_no_write_in_dirty_log',
);
