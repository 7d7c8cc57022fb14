/** Entries of the guest's page tables: reading, editing and flushing them. */
import { c, fragment, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';

function entries({ absentEntries }: Needs): string {
  if (!absentEntries)
    return c`
/* The entries that map a page, after an access to it. */
static void record_entries(int region, int page)
{
	uint64_t gva = GVA(region, page, 0);
	uint8_t *pt = regions[PT].hva;

	record(ENTRIES, HOST, gva, *pte_of(pt, gva), *pde_of(pt, gva), *pdpte_of(pt, gva));
}
`;
  return c`
/* An entry, unless reading it would bring its page in. */
static uint64_t entry_if_present(const uint64_t *entry)
{
	uint64_t page = 0;
	int pagemap = must(open("/proc/self/pagemap", O_RDONLY), "/proc/self/pagemap");
	bool present = pread(pagemap, &page, 8, (uintptr_t)entry / PAGE * 8) == 8 && page >> 63;

	close(pagemap);
	return present ? *entry : ABSENT;
}

/* The entries that map a page, after an access to it. */
static void record_entries(int region, int page)
{
	uint64_t gva = GVA(region, page, 0);
	uint8_t *pt = regions[PT].hva;

	record(ENTRIES, HOST, gva, entry_if_present(pte_of(pt, gva)), entry_if_present(pde_of(pt, gva)),
	       entry_if_present(pdpte_of(pt, gva)));
}
`;
}

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

function hostEdit({ sigbus }: Needs): string {
  return sigbus
    ? c`
static void host_edit(uint64_t *entry, uint64_t set, uint64_t clear)
{
	uint64_t word;

	if (read_word(entry, &word) && write_word(entry, (word | set) & ~clear))
		record_result(0);
	else
		record(SIGNAL, HOST, PT, ((uint8_t *)entry - regions[PT].hva) / PAGE, 0, 0);
}
`
    : c`
static void host_edit(volatile uint64_t *entry, uint64_t set, uint64_t clear)
{
	*entry = (*entry | set) & ~clear;
	record_result(0);
}
`;
}

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

/** The fragments about entries; these run guest code. */
export function entryFragments(needs: Needs): readonly Fragment[] {
  return [
    fragment('record_entries', entries(needs)),
    fragment('drop_cached', DROP_CACHED),
    fragment('host_edit', hostEdit(needs)),
    fragment('flush', FLUSH),
  ];
}
