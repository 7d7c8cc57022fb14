import { rule, x86Rule } from './book.js';

const GET = 'api.rst, KVM_GET_DIRTY_LOG';
const MANUAL = 'api.rst, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2';
const RING = 'api.rst, KVM_CAP_DIRTY_LOG_RING';

export const writeMarks = rule(
  'dirty.write',
  'contract',
  'A page written by the guest since the last reset of its dirty state is reported dirty.',
  `${GET}; page_fault_test dirty_log`,
);
export const tableUpdateMarks = rule(
  'dirty.table-update',
  'contract',
  'A walk that changes an entry marks the page of the page table dirty.',
  'page_fault_test guest_check_s1ptw_wr_in_dirty_log; arch/x86/kvm/mmu/paging_tmpl.h; arch/arm64/kvm/mmu.c, user_mem_abort',
);
export const walkMayMark = rule(
  'dirty.walk-may',
  'implementation',
  'A hardware page walk under two-dimensional paging may mark the pages of the page tables dirty.',
  'AMD APM vol. 2, nested table walk: guest table accesses count as writes',
);
export const untouchedClean = rule(
  'dirty.untouched',
  'contract',
  'A page that nothing accessed since the last reset is not reported dirty.',
  `${GET}; page_fault_test guest_check_no_write_in_dirty_log`,
);
export const readonlyClean = rule(
  'dirty.read-only',
  'contract',
  'A write to a read-only slot is not reported dirty.',
  'page_fault_test ro_memslot with dirty log',
);
export const incompleteMayMark = rule(
  'dirty.incomplete-may',
  'contract',
  'An access that does not complete may mark the pages that it had translated by then.',
  'arch/x86/kvm/mmu/mmu.c, arch/arm64/kvm/mmu.c: pages are mapped one fault at a time',
);
export const getResets = rule(
  'dirty.get-resets',
  'contract',
  'KVM_GET_DIRTY_LOG returns and resets the log: each later write is reported again, once.',
  GET,
);
export const manualKeeps = rule(
  'dirty.manual-get-keeps',
  'contract',
  'With manual protect, KVM_GET_DIRTY_LOG leaves the bits as they are.',
  MANUAL,
);
export const clearResets = rule(
  'dirty.clear',
  'contract',
  'KVM_CLEAR_DIRTY_LOG resets the pages of its range and no others.',
  'api.rst, KVM_CLEAR_DIRTY_LOG',
);
export const initiallySet = rule(
  'dirty.initially-set',
  'contract',
  'With KVM_DIRTY_LOG_INITIALLY_SET a new log starts with every page dirty.',
  MANUAL,
);
export const startsClean = rule(
  'dirty.starts-clean',
  'contract',
  'A log that was just enabled is empty.',
  'api.rst, KVM_SET_USER_MEMORY_REGION, KVM_MEM_LOG_DIRTY_PAGES',
);
export const hostWriteSilent = rule(
  'dirty.host-write',
  'contract',
  "The host's own writes through its mapping are not in the log.",
  'api.rst, KVM_GET_DIRTY_LOG: pages dirtied by the guest',
);
export const unloggedRefused = rule(
  'dirty.no-log',
  'contract',
  'The log of a slot without dirty logging, or of no slot, cannot be read or cleared: ENOENT.',
  'virt/kvm/kvm_main.c, kvm_get_dirty_log',
);
export const ioctlSucceeds = rule(
  'dirty.ioctl',
  'contract',
  'Reading, clearing, harvesting and resetting dirty state of a logged slot succeed.',
  `${GET}; ${RING}`,
);
export const ringPushes = rule(
  'ring.write',
  'contract',
  "The first write to a page since its entry was reset appears in the writing vCPU's ring.",
  RING,
);
export const ringSilent = rule(
  'ring.until-reset',
  'contract',
  'Until its entry is reset, further writes to a page need not appear again.',
  RING,
);
export const ringEmulatedPush = x86Rule(
  'ring.emulated-push',
  'implementation',
  'Each write of the emulator pushes an entry, also for a page that has one.',
  'virt/kvm/kvm_main.c, mark_page_dirty_in_slot',
);
export const ringRearms = rule(
  'ring.reset',
  'contract',
  'After KVM_RESET_DIRTY_RINGS the harvested pages are tracked again.',
  RING,
);
export const ringFull = rule(
  'ring.full',
  'contract',
  'A vCPU whose ring has reached its soft limit does not run: KVM_EXIT_DIRTY_RING_FULL.',
  RING,
);
