import { rule } from './book.js';

const AD = 'Intel SDM vol. 3A, accessed and dirty flags';
const WALKER = 'arch/x86/kvm/mmu/paging_tmpl.h';

export const accessedSet = rule(
  'paging.accessed-set',
  'contract',
  'An access sets the A bit of every entry on its walk, and the guest sees no fault for it.',
  `${AD}; page_fault_test with_af`,
);
export const dirtySet = rule('paging.dirty-set', 'contract', 'A write sets the D bit of the leaf entry.', AD);
export const readKeepsDirty = rule('paging.read-keeps-dirty', 'contract', 'A read leaves the D bit as it is.', AD);
export const faultMayUpdate = rule(
  'paging.fault-may-update',
  'contract',
  'An access that does not complete may have set A and D bits of what it had translated by then.',
  AD,
);
export const notPresent = rule(
  'paging.not-present',
  'contract',
  'An access through an entry whose present bit is clear raises #PF with the address in CR2 and P clear in the error code.',
  'Intel SDM vol. 3A, page-fault exceptions',
);
export const writeProtected = rule(
  'paging.write-protected',
  'contract',
  'A write through an entry whose writable bit is clear, or a user access through one whose user bit is clear, raises #PF with P set in the error code.',
  'Intel SDM vol. 3A, page-fault exceptions and access rights (CR0.WP set)',
);
export const tableUnreadable = rule(
  'paging.table-unreadable',
  'implementation',
  'A page table that the host cannot read counts as not present.',
  WALKER,
);
export const tableHole = rule(
  'paging.table-hole',
  'contract',
  'A page table whose memory was dropped reads as zeroes, that is as not present.',
  'madvise(2), fallocate(2); page_fault_test CMD_HOLE_PT',
);
export const readOnlyTables = rule(
  'paging.read-only-tables',
  'implementation',
  'Under shadow paging the walk through page tables in a read-only slot works and leaves their A and D bits as they are.',
  WALKER,
);
export const guestEdit = rule(
  'paging.guest-edit',
  'contract',
  'What the guest changes in its page tables holds from the flush on, and at once where it only adds rights.',
  'Intel SDM vol. 3A, invalidation of TLBs; recommended and optional invalidation',
);
export const guestEditEmulated = rule(
  'paging.guest-edit-emulated',
  'implementation',
  'Code that KVM emulates has no translation cache: a change of a page table holds for the next access.',
  'arch/x86/kvm/x86.c, emulator callbacks walk the guest tables each time',
);
export const hostEdit = rule(
  'paging.host-edit',
  'implementation',
  "The host's change of a page table holds once KVM's cached translations are dropped.",
  'arch/x86/kvm/mmu/mmu.c, kvm_mmu_zap_all_fast on memslot deletion',
);
export const staleTranslation = rule(
  'paging.stale-translation',
  'contract',
  'Between a change that takes rights away and the flush, either the old or the new translation may be used.',
  'Intel SDM vol. 3A, delayed invalidation',
);
export const otherEntries = rule(
  'paging.other-entries',
  'contract',
  'Entries that no walk used and nobody edited keep their bits.',
  AD,
);
