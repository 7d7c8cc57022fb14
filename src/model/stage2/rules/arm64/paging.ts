import { armRule } from '../book.js';

const HAFDBS = 'Arm ARM, hardware updates to the translation tables';
const FAULTS = 'Arm ARM, memory aborts, and ESR_ELx';
const ABORT = 'arch/arm64/kvm/mmu.c, kvm_handle_guest_abort';

export const accessFlagSet = armRule(
  'arm.access-flag-set',
  'contract',
  'Where the processor manages it, an access sets the access flag of its leaf, and the guest sees no fault for it.',
  `${HAFDBS}; page_fault_test with_af`,
);
export const accessFlagFault = armRule(
  'arm.access-flag-fault',
  'contract',
  'Where software manages the access flag, an access through a leaf without it raises an Access flag fault.',
  `${HAFDBS}; ${FAULTS}`,
);
export const dirtyState = armRule(
  'arm.dirty-state',
  'contract',
  'Where the processor manages the dirty state, a write through a read-only leaf with DBM makes the leaf writable and completes.',
  HAFDBS,
);
export const readKeepsState = armRule(
  'arm.read-keeps-state',
  'contract',
  'A read leaves the dirty state of its leaf as it is.',
  HAFDBS,
);
export const translationFault = armRule(
  'arm.translation-fault',
  'contract',
  'An access through an invalid descriptor raises a Translation fault of its level, with the address in FAR_EL1.',
  FAULTS,
);
export const permissionFault = armRule(
  'arm.permission-fault',
  'contract',
  'A write through a read-only leaf raises a Permission fault.',
  FAULTS,
);
export const unprivileged = armRule(
  'arm.unprivileged',
  'contract',
  'ldtr and sttr at EL1 are checked as accesses of EL0.',
  'Arm ARM, unprivileged load and store instructions',
);
export const stateMayUpdate = armRule(
  'arm.fault-may-update',
  'contract',
  'An access that the processor does not complete, even if KVM does, may have updated the access flag and the dirty state of its leaf.',
  HAFDBS,
);
export const walkReads = armRule(
  'arm.walk-reads',
  'implementation',
  'The fault of a walk on a page table that is not mapped is one of a read; only a refused update is one of a write.',
  'arch/arm64/include/asm/kvm_emulate.h, kvm_is_write_fault',
);
export const walkAbort = armRule(
  'arm.walk-abort',
  'implementation',
  'An update of a page table in a read-only slot aborts the access with a synchronous External abort; it never exits as MMIO.',
  `${ABORT}; arch/arm64/kvm/inject_fault.c, inject_abt64, which in newer kernels gives the level`,
);
export const walkReadOnly = armRule(
  'arm.read-only-tables',
  'contract',
  'Walks that change nothing work through page tables in a read-only slot.',
  `${ABORT}; api.rst, KVM_MEM_READONLY; page_fault_test ro_memslot`,
);
export const tableEdit = armRule(
  'arm.guest-edit',
  'contract',
  'What the guest changes in its page tables holds from the flush on, and at once where an invalid entry becomes valid or a clear access flag set.',
  'Arm ARM, TLB maintenance requirements; entries that fault are not cached',
);
export const hostTableEdit = armRule(
  'arm.host-edit',
  'contract',
  "The host's change of a page table is read by the walks of the processor, from the guest's flush on.",
  'api.rst, KVM_SET_USER_MEMORY_REGION: changes in the backing are reflected into the guest',
);
