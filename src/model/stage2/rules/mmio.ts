import { rule } from './book.js';

const EXIT = 'api.rst, KVM_EXIT_MMIO';
const RO = 'api.rst, KVM_SET_USER_MEMORY_REGION, KVM_MEM_READONLY';

export const noSlotExits = rule(
  'mmio.no-slot',
  'contract',
  'An access to a guest-physical address that no memslot covers exits as MMIO with its address, length and direction.',
  EXIT,
);
export const writeData = rule(
  'mmio.write-data',
  'contract',
  'An MMIO write exit carries the bytes that the instruction writes.',
  EXIT,
);
export const readData = rule(
  'mmio.read-data',
  'contract',
  'An MMIO read returns what userspace put into the exit.',
  EXIT,
);
export const readonlyWriteExits = rule(
  'readonly.write-exits',
  'contract',
  'A write to a read-only slot exits as MMIO with address, length and data.',
  `${RO}; page_fault_test ro_memslot`,
);
export const readonlyKeeps = rule(
  'readonly.keeps-memory',
  'contract',
  'A write to a read-only slot changes no memory.',
  RO,
);
export const readonlyReads = rule(
  'readonly.reads-memory',
  'contract',
  'Reads and fetches from a read-only slot see memory and do not exit.',
  `${RO}; page_fault_test ro_memslot guest_read64, guest_exec`,
);
export const readonlyPoison = rule(
  'readonly.poison-address',
  'contract',
  'The memory-error signal for a poisoned page of a read-only slot carries the address of that page.',
  'api.rst, KVM_RUN; sigaction(2), si_addr of BUS_MCEERR_AR',
);
export const readonlyNoUserfault = rule(
  'readonly.no-userfault-on-write',
  'contract',
  'A plain write to a read-only slot raises no userfault: it never reaches the memory.',
  `${RO}; page_fault_test ro_memslot_no_syndrome with uffd_no_handler`,
);
