import { rule } from './book.js';

const MADVISE = 'madvise(2)';
const SLOT = 'api.rst, KVM_SET_USER_MEMORY_REGION';

export const holeZeroes = rule(
  'hole.zeroes',
  'contract',
  'Memory that was dropped reads as zeroes, and a write to it populates it again.',
  `${MADVISE}; fallocate(2); page_fault_test CMD_HOLE_DATA`,
);
export const holeSharedKeeps = rule(
  'hole.shared-keeps',
  'contract',
  'MADV_DONTNEED on shared memory drops the mapping and keeps the content.',
  MADVISE,
);
export const faultAround = rule(
  'hole.fault-around',
  'implementation',
  'A read fault in shared memory may also map the neighbouring pages that the page cache has.',
  'mm/memory.c, do_fault_around; not in ranges registered for MINOR or WP',
);
export const holeFreeEither = rule(
  'hole.free-either',
  'contract',
  'Until it is written again, memory given to MADV_FREE holds its old content or zeroes.',
  MADVISE,
);
export const holeWorks = rule(
  'hole.works',
  'contract',
  'Dropping memory that allows it succeeds.',
  `${MADVISE}; fallocate(2)`,
);
export const slotDelete = rule(
  'slot.delete',
  'contract',
  'After its slot is deleted, memory is out of reach: accesses exit as MMIO.',
  SLOT,
);
export const slotCreate = rule(
  'slot.create',
  'contract',
  'A slot created again over the same memory shows the content that it had.',
  SLOT,
);
export const slotMove = rule('slot.move', 'contract', 'A moved slot answers at its new address only.', SLOT);
export const slotReadonlyFixed = rule(
  'slot.readonly-fixed',
  'contract',
  'The read-only flag of an existing slot cannot be changed: EINVAL.',
  `${SLOT}; virt/kvm/kvm_main.c`,
);
export const slotNoneToDelete = rule(
  'slot.none-to-delete',
  'contract',
  'Deleting a slot that does not exist is refused: EINVAL.',
  'virt/kvm/kvm_main.c, kvm_set_memory_region',
);
export const slotWorks = rule('slot.works', 'contract', 'A change of a slot that the API allows succeeds.', SLOT);
export const hostSeesGuest = rule(
  'host.sees-guest',
  'contract',
  'The host reads through its mapping what the guest wrote.',
  SLOT,
);
export const guestSeesHost = rule(
  'host.seen-by-guest',
  'contract',
  'What the host writes through its mapping the guest reads.',
  `${SLOT}: changes in the backing are reflected into the guest`,
);
export const hostProtection = rule(
  'host.protection',
  'contract',
  "An access that the processor makes and the host's mapping does not allow makes KVM_RUN fail with EFAULT.",
  'api.rst, KVM_RUN and KVM_EXIT_MEMORY_FAULT; virt/kvm/kvm_main.c, hva_to_pfn; arch/arm64/kvm/mmu.c, user_mem_abort',
);
export const hostSignal = rule(
  'host.signal',
  'contract',
  "The host's own access to memory that it may not access gets a signal.",
  'mprotect(2); userfaultfd.rst, poison',
);
export const mprotectWorks = rule(
  'host.mprotect',
  'contract',
  'Changing the protection of the mapping succeeds.',
  'mprotect(2)',
);
export const forkIsolates = rule(
  'host.fork',
  'contract',
  "A forked child's private pages keep their content whatever the guest or the parent writes.",
  'fork(2): copy-on-write',
);
export const driverRefuses = rule(
  'host.nothing-to-do',
  'contract',
  'The driver refuses a step that has nothing to act on.',
  'docs/native-contract.md',
);
export const raceSerial = rule(
  'race.serial',
  'contract',
  'Two aligned accesses at once give a result that one of their two orders gives.',
  'Intel SDM vol. 3A, guaranteed atomic operations and locked accesses; Arm ARM, single-copy atomicity',
);
export const untouched = rule(
  'memory.untouched',
  'contract',
  'Memory that nothing wrote holds what it held at the start.',
  'no step of the scenario names it',
);
export const lost = rule(
  'memory.unspecified',
  'contract',
  'After an access whose outcome is open, nothing is predicted but that every step ends.',
  'no document fixes it',
);
