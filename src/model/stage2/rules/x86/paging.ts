import { x86Rule } from '../book.js';

const AD = 'Intel SDM vol. 3A, accessed and dirty flags';
const WALKER = 'arch/x86/kvm/mmu/paging_tmpl.h';

export const accessedSet = x86Rule(
  'paging.accessed-set',
  'contract',
  'An access sets the A bit of every entry on its walk, and the guest sees no fault for it.',
  `${AD}; page_fault_test with_af`,
);
export const dirtySet = x86Rule('paging.dirty-set', 'contract', 'A write sets the D bit of the leaf entry.', AD);
export const readKeepsDirty = x86Rule('paging.read-keeps-dirty', 'contract', 'A read leaves the D bit as it is.', AD);
export const faultMayUpdate = x86Rule(
  'paging.fault-may-update',
  'contract',
  'An access that does not complete may have set A and D bits of what it had translated by then.',
  AD,
);
export const notPresent = x86Rule(
  'paging.not-present',
  'contract',
  'An access through an entry whose present bit is clear raises #PF with the address in CR2 and P clear in the error code.',
  'Intel SDM vol. 3A, page-fault exceptions',
);
export const writeProtected = x86Rule(
  'paging.write-protected',
  'contract',
  'A write through an entry whose writable bit is clear, or a user access through one whose user bit is clear, raises #PF with P set in the error code.',
  'Intel SDM vol. 3A, page-fault exceptions and access rights (CR0.WP set)',
);
export const tableUnreadable = x86Rule(
  'paging.table-unreadable',
  'implementation',
  "KVM's own walk takes a page table that the host cannot read for one that is not present.",
  WALKER,
);
export const tableFaultsNested = x86Rule(
  'paging.table-faults-nested',
  'contract',
  'Under two-dimensional paging a page table that the host cannot access ends the access as data does: with a signal or EFAULT.',
  'AMD APM vol. 2 and Intel SDM vol. 3C: walks access guest-physical addresses; arch/x86/kvm/mmu/mmu.c, kvm_handle_error_pfn',
);
export const shadowStale = x86Rule(
  'paging.shadow-stale',
  'implementation',
  'Shadow page tables follow what the guest writes to its tables, and not what the host does to them, until KVM drops them.',
  'arch/x86/kvm/mmu/mmu.c: guest page tables are write-protected or synchronised at flushes',
);
export const walkMayAccess = x86Rule(
  'paging.walk-may-access',
  'contract',
  'A walk of the processor that does not complete may have set the A bits of the entries that it read.',
  `${AD}: of an entry when it is used; KVM's own walk sets them when it is complete`,
);
export const readOnlyTables = x86Rule(
  'paging.read-only-tables',
  'implementation',
  'Under shadow paging the walk through page tables in a read-only slot works and leaves their A and D bits as they are.',
  WALKER,
);
export const guestEdit = x86Rule(
  'paging.guest-edit',
  'contract',
  'What the guest changes in its page tables holds from the flush on, and at once where it only adds rights.',
  'Intel SDM vol. 3A, invalidation of TLBs; recommended and optional invalidation',
);
export const guestEditEmulated = x86Rule(
  'paging.guest-edit-emulated',
  'implementation',
  'Code that KVM emulates has no translation cache: a change of a page table holds for the next access.',
  'arch/x86/kvm/x86.c, emulator callbacks walk the guest tables each time',
);
export const hostEdit = x86Rule(
  'paging.host-edit',
  'implementation',
  "The host's change of a page table holds once KVM's cached translations are dropped.",
  'arch/x86/kvm/mmu/mmu.c, kvm_mmu_zap_all_fast on memslot deletion',
);
