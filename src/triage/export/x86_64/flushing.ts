/** Dropping what was derived from the guest's page tables. */
import { c, fragment, type Fragment } from '../fragment.js';

const DROP_CACHED = c`
/* Deleting any memslot makes KVM drop every translation that it has cached. */
static void drop_cached(void)
{
	struct kvm_userspace_memory_region slot = {
		.slot = REGIONS,
		.guest_phys_addr = 0x20000000,
		.memory_size = PAGE,
		.userspace_addr = (uintptr_t)code,
	};

	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
	slot.memory_size = 0;
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
}
`;

const FLUSH = c`
/* On each vCPU, always at CPL0; silent unless it fails. */
static void flush(struct kvm_regs start)
{
	privilege = 0;
	for (int cpu = 0; cpu < VCPUS; cpu++) {
		int before = had_count;

		run_guest(cpu, start);
		if (had_count == before + 1 && had[before].kind == DONE)
			had_count = before;
	}
	privilege = CPL;
}
`;

export const FLUSHING: readonly Fragment[] = [fragment('drop_cached', DROP_CACHED), fragment('flush', FLUSH)];
