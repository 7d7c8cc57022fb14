/** Reading and resetting what is dirty, and what a report must and may contain. */
import { c, fragment, type Fragment } from '../fragment.js';

export const DIRTY: readonly Fragment[] = [
  fragment(
    'dirty',
    c`
/* Pages in the report of this step: those that must be, may be and are in it. */
static struct {
	const char *must;	/* the rule that demands it */
	bool may;
	bool reported;
} dirty[REGIONS][512];
`,
  ),
  fragment(
    'expect_dirty',
    c`
static void expect_dirty(const char *rule, int region, int first, int last)
{
	for (int page = first; page <= last; page++)
		dirty[region][page].must = rule;
}
`,
  ),
  fragment(
    'allow_dirty',
    c`
static void allow_dirty(int region, int first, int last)
{
	for (int page = first; page <= last; page++)
		dirty[region][page].may = true;
}
`,
  ),
  fragment(
    'get_dirty_log',
    c`
static void get_dirty_log(int region)
{
	uint64_t bitmap[8] = { 0 };
	struct kvm_dirty_log log = { .slot = region, .dirty_bitmap = bitmap };

	memset(dirty, 0, sizeof(dirty));
	record_result(ioctl(vm, KVM_GET_DIRTY_LOG, &log));
	for (int page = 0; page < 512; page++)
		dirty[region][page].reported = bitmap[page / 64] >> page % 64 & 1;
}
`,
  ),
  fragment(
    'clear_dirty_log',
    c`
/* The first page is a multiple of 64, and so is the number of pages unless the slot ends there. */
static void clear_dirty_log(int region, int first, int pages)
{
	uint64_t bitmap[8];
	struct kvm_clear_dirty_log clear = {
		.slot = region,
		.first_page = first,
		.num_pages = pages,
		.dirty_bitmap = bitmap,
	};

	memset(bitmap, 0xff, sizeof(bitmap));
	record_result(ioctl(vm, KVM_CLEAR_DIRTY_LOG, &clear));
}
`,
  ),
  fragment(
    'harvest_dirty_rings',
    c`
/* Takes every entry out of the rings. */
static void harvest_dirty_rings(void)
{
	memset(dirty, 0, sizeof(dirty));
	for (int cpu = 0; cpu < VCPUS; cpu++) {
		struct vcpu *vcpu = &vcpus[cpu];

		for (;; vcpu->ring_next++) {
			struct kvm_dirty_gfn *entry = &vcpu->ring[vcpu->ring_next % RING_ENTRIES];

			if (!(__atomic_load_n(&entry->flags, __ATOMIC_ACQUIRE) & KVM_DIRTY_GFN_F_DIRTY))
				break;
			if (entry->slot < REGIONS && entry->offset < 512)
				dirty[entry->slot][entry->offset].reported = true;
			__atomic_store_n(&entry->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
		}
	}
	record_result(0);
}
`,
  ),
  fragment(
    'reset_dirty_rings',
    c`
static void reset_dirty_rings(void)
{
	int count = ioctl(vm, KVM_RESET_DIRTY_RINGS, 0);

	record_value(count, count);
}
`,
  ),
  fragment(
    'check_dirty',
    c`
/* "otherwise_rule" breaks where a page is reported that must not be. */
static void check_dirty(int region, const char *otherwise_rule)
{
	for (int page = 0; page < 512; page++) {
		if (dirty[region][page].reported) {
			if (dirty[region][page].must || dirty[region][page].may)
				continue;
			broken(otherwise_rule);
			printf("#   observed: %s, page %d is reported dirty\n", regions[region].name, page);
		} else if (dirty[region][page].must) {
			broken(dirty[region][page].must);
			printf("#   observed: %s, page %d is not reported dirty\n", regions[region].name, page);
		}
	}
}
`,
  ),
];
