import { rule } from './book.js';

const EXIT = 'api.rst, KVM_EXIT_MMIO';
const RO = 'api.rst, KVM_SET_USER_MEMORY_REGION, KVM_MEM_READONLY';
const EMULATOR = 'arch/x86/kvm/x86.c, emulator_read_write';

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
export const splitAtPage = rule(
  'mmio.split-at-page',
  'implementation',
  'An access across a page boundary is split there; only the part without memory exits, and reads of it come before writes.',
  EMULATOR,
);
export const eightByteChunks = rule(
  'mmio.chunks',
  'implementation',
  'More than eight bytes exit in parts of at most eight, from the low address up.',
  `${EXIT} (data[8]); ${EMULATOR}`,
);
export const updateReadsThenWrites = rule(
  'mmio.update',
  'implementation',
  'A read-modify-write of MMIO exits with the read and then always with the write, even when its comparison fails.',
  'arch/x86/kvm/x86.c, emulator_cmpxchg_emulated',
);
export const repPerElement = rule(
  'mmio.rep',
  'implementation',
  'A rep instruction exits once for each element.',
  'arch/x86/kvm/emulate.c, string instructions',
);
export const fetchFails = rule(
  'mmio.fetch',
  'implementation',
  'A fetch from an address without memory ends KVM_RUN with KVM_EXIT_INTERNAL_ERROR, sub-code 1.',
  'api.rst, KVM_EXIT_INTERNAL_ERROR; arch/x86/kvm/x86.c, kvm_fetch_guest_virt',
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
export const readonlyUpdate = rule(
  'readonly.update',
  'implementation',
  'A read-modify-write of a read-only slot reads memory and exits with the write only.',
  'arch/x86/kvm/x86.c, emulator_cmpxchg_emulated',
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
