import { x86Rule } from '../book.js';

const EXIT = 'api.rst, KVM_EXIT_MMIO';
const EMULATOR = 'arch/x86/kvm/x86.c, emulator_read_write';

export const splitAtPage = x86Rule(
  'mmio.split-at-page',
  'implementation',
  'An access across a page boundary is split there; only the part without memory exits, and reads of it come before writes.',
  EMULATOR,
);
export const eightByteChunks = x86Rule(
  'mmio.chunks',
  'implementation',
  'More than eight bytes exit in parts of at most eight, from the low address up.',
  `${EXIT} (data[8]); ${EMULATOR}`,
);
export const updateReadsThenWrites = x86Rule(
  'mmio.update',
  'implementation',
  'A read-modify-write of MMIO exits with the read and then always with the write, even when its comparison fails.',
  'arch/x86/kvm/x86.c, emulator_cmpxchg_emulated',
);
export const faultAddressTrusted = x86Rule(
  'mmio.address-of-fault',
  'implementation',
  "Under two-dimensional paging KVM takes the address of the fault for the operand's: a read-modify-write that faulted as a read is not checked for the right to write.",
  `${EMULATOR}_onepage, gpa_available; processors whose update is one access have checked it`,
);
export const cachedBeforeRights = x86Rule(
  'mmio.cached-before-rights',
  'implementation',
  'Under shadow paging KVM emulates an access to MMIO that it has cached before anyone looks at the rights of the guest: where it cannot, there is no #PF.',
  'arch/x86/kvm/mmu/mmu.c, handle_mmio_page_fault and sync_mmio_spte',
);
export const repPerElement = x86Rule(
  'mmio.rep',
  'implementation',
  'A rep instruction exits once for each element.',
  'arch/x86/kvm/emulate.c, string instructions',
);
export const fetchFails = x86Rule(
  'mmio.fetch',
  'implementation',
  'A fetch from an address without memory ends KVM_RUN with KVM_EXIT_INTERNAL_ERROR, sub-code 1.',
  'api.rst, KVM_EXIT_INTERNAL_ERROR; arch/x86/kvm/x86.c, kvm_fetch_guest_virt',
);
export const readonlyUpdate = x86Rule(
  'readonly.update',
  'implementation',
  'A read-modify-write of a read-only slot reads memory and exits with the write only.',
  'arch/x86/kvm/x86.c, emulator_cmpxchg_emulated',
);
