import { x86Rule } from '../book.js';

export const readMayMark = x86Rule(
  'dirty.read-may',
  'implementation',
  'A read that the processor makes may mark its page dirty, and under shadow paging an edit of its entry by the guest may, because KVM may map it writable at once.',
  'arch/x86/kvm/mmu/spte.c, make_spte, also when an entry is synchronised',
);
export const syncMayMark = x86Rule(
  'dirty.sync-may',
  'implementation',
  'When shadow paging catches up with a leaf table that the guest edited, it may mark a page dirty whose entry allows writes now; older kernels any page of the table.',
  'arch/x86/kvm/mmu/mmu.c, mmu_sync_roots, as a vCPU loads its root; arch/x86/kvm/mmu/spte.c, make_spte',
);
export const emulatedReadClean = x86Rule(
  'dirty.emulated-read',
  'implementation',
  'A read by the emulator marks nothing dirty.',
  'arch/x86/kvm/x86.c, emulator reads go through user memory',
);
export const hostProtectionEmulated = x86Rule(
  'host.protection-emulated',
  'implementation',
  "An emulated access that the host's mapping does not allow falls back to an MMIO exit, a locked one to an internal error.",
  'arch/x86/kvm/x86.c, emulator_read_write_onepage and emulator_cmpxchg_emulated',
);
export const poisonEmulated = x86Rule(
  'uffd.poison-emulated',
  'implementation',
  'An emulated access to memory that the host cannot access falls back to an MMIO exit, a locked one to an internal error.',
  'arch/x86/kvm/x86.c, emulator_read_write_onepage and emulator_cmpxchg_emulated',
);
export const tableWalkReads = x86Rule(
  'uffd.table-walk',
  'implementation',
  "KVM's own page walk reads an entry before it updates it: a MISSING message for a page table is one of a read.",
  'arch/x86/kvm/mmu/paging_tmpl.h',
);
export const emulatedUpdateReads = x86Rule(
  'uffd.emulated-update',
  'implementation',
  'An emulated read-modify-write reads first: its MISSING or MINOR message is one of a read.',
  'arch/x86/kvm/emulate.c, operand reads before write-back',
);
