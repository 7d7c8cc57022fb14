/** The guest's memory: regions, what they hold at first, their memslots. */
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';

export interface StubText {
  /** The code that fetches run as a C number, and the bits of a word that it takes. */
  readonly word: string;
  readonly mask: string;
  /** Code that the host wrote is only seen after cache maintenance. */
  readonly syncs: boolean;
}

const MAPPING: readonly Fragment[] = [
  fragment(
    'at',
    c`
static uint8_t *at(int region, int page)
{
	return regions[region].hva + page * PAGE;
}
`,
  ),
  fragment(
    'map_memory',
    c`
/* Memory that lies in huge pages as its guest-physical address does. */
static void map_memory(int number, int flags, int fd, int advice)
{
	struct region *region = &regions[number];
	size_t offset = region->gpa % HUGE_PAGE;
	size_t bytes = offset + region->bytes;
	uint8_t *room = mmap(NULL, bytes + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	must(room == MAP_FAILED ? -1 : 0, "mmap");
	room += -(uintptr_t)room % HUGE_PAGE;
	if (mmap(room, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) == MAP_FAILED)
		skip_all("memory of %s: %s (huge pages: echo 8 > /proc/sys/vm/nr_hugepages)", region->name,
			 strerror(errno));
	if (advice >= 0)
		madvise(room, bytes, advice);
	region->hva = room + offset;
	region->fd = fd;
}
`,
  ),
  fragment(
    'open_memory',
    c`
static int open_memory(int region, unsigned int flags)
{
	int fd = memfd_create(regions[region].name, flags);

	if (fd < 0 || ftruncate(fd, regions[region].gpa % HUGE_PAGE + regions[region].bytes))
		skip_all("memfd of %s: %s", regions[region].name, strerror(errno));
	return fd;
}
`,
  ),
];

const CONTENT_AND_SLOTS: readonly Fragment[] = [
  fragment(
    'initial_tables',
    '/* The page tables as they are at the start. */\nstatic uint8_t initial_tables[PT_PAGES * PAGE] __attribute__((aligned(8)));',
  ),
  fragment(
    'initial_word',
    c`
static uint64_t initial_word(int region, int page, int offset)
{
	if (region == PT)
		return *(uint64_t *)(initial_tables + page * PAGE + offset);
	return INITIAL(region, page, offset);
}
`,
  ),
  fragment(
    'copied_word',
    c`
static uint64_t copied_word(int region, int page, int offset)
{
	return region == PT ? initial_word(region, page, offset) : COPIED(region, page, offset);
}
`,
  ),
  fragment(
    'fill_memory',
    c`
static void fill_memory(int region)
{
	for (int page = 0; page < regions[region].pages; page++) {
		for (int offset = 0; offset < PAGE; offset += 8)
			*(uint64_t *)(at(region, page) + offset) = initial_word(region, page, offset);
	}
}
`,
  ),
  fragment(
    'set_memslot',
    c`
static int set_memslot(int region, uint32_t flags, uint64_t gpa)
{
	struct kvm_userspace_memory_region slot = {
		.slot = region,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = regions[region].bytes,
		.userspace_addr = (uintptr_t)regions[region].hva,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot);
}
`,
  ),
  fragment(
    'delete_memslot',
    c`
static int delete_memslot(int region)
{
	struct kvm_userspace_memory_region slot = { .slot = region };

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot);
}
`,
  ),
];

export function memoryFragments({ stub }: Needs, code: StubText): readonly Fragment[] {
  return [
    ...MAPPING,
    fragment(
      'fill_word INITIAL',
      c`
/* What the words of a page are filled with says where they come from: tag, region, page and offset. */
static uint64_t fill_word(uint64_t tag, uint64_t region, uint64_t page, uint64_t offset)
{
	uint64_t word = tag << 56 | region << 48 | page << 32 | offset << 16 | 0x5a5a;

${when(stub, `\tif (offset == STUB_OFFSET)\n\t\tword = (word & ~${code.mask}) | ${code.word};\n`)}	return word;
}
#define INITIAL(region, page, offset) fill_word(0xa5, region, page, offset) /* at the start */
`,
    ),
    fragment(
      'COPIED',
      '#define COPIED(region, page, offset) fill_word(0xc3, region, page, offset) /* by UFFDIO_COPY */',
    ),
    ...CONTENT_AND_SLOTS,
  ];
}
