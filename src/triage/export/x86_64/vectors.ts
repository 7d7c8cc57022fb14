/** Vector registers, through the layout that XSAVE gives them. */
import { c, fragment, when, type Fragment } from '../fragment.js';

/** The vector registers, in the layout that XSAVE gives them. */
export function vectors(bytes: number): Fragment[] {
  const ymm = bytes > 16;
  const zmm = bytes > 32;
  const xcr0 = zmm ? '0xe7' : ymm ? '0x7' : '0x3';
  return [
    fragment('XCR0', `#define XCR0 ${xcr0}ull	/* x87, SSE${when(ymm, ', AVX')}${when(zmm, ', AVX-512')} */`),
    fragment(
      'enable_vectors ymm_high zmm_high',
      c`
/* Where the XSAVE area holds the upper halves of register 0: YMM${when(zmm, ', ZMM')}. */
static unsigned int ymm_high${when(zmm, ', zmm_high')};

static void enable_vectors(int fd, const struct kvm_cpuid2 *cpuid)
{
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = XCR0 };
	uint32_t state = 0;

	for (unsigned int i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *leaf = &cpuid->entries[i];

		if (leaf->function == 0xd && leaf->index == 0)
			state = leaf->eax;
		if (leaf->function == 0xd && leaf->index == 2)
			ymm_high = leaf->ebx;
${when(zmm, '\t\tif (leaf->function == 0xd && leaf->index == 6)\n\t\t\tzmm_high = leaf->ebx;\n')}	}
	if ((state & XCR0) != XCR0)
		skip_all("this CPU or KVM has no ${zmm ? 'AVX-512' : 'AVX'}");
	must(ioctl(fd, KVM_SET_XCRS, &xcrs), "KVM_SET_XCRS");
}
`,
    ),
    fragment(
      'lanes_at',
      c`
/* Two lanes of register 0 at a time. */
static uint8_t *lanes_at(struct kvm_xsave *xsave, int pair)
{
	uint8_t *area = (uint8_t *)xsave->region;

${when(zmm, '\tif (pair > 1)\n\t\treturn area + zmm_high + 16 * (pair - 2);\n')}	${ymm ? 'return pair == 0 ? area + 160 : area + ymm_high;' : 'return area + 160 + 16 * pair;'}
}
`,
    ),
    fragment(
      'set_vector',
      c`
/* Lane i of register 0 is value + i. */
static void set_vector(int cpu, uint64_t value)
{
	struct kvm_xsave xsave;

	must(ioctl(vcpus[cpu].fd, KVM_GET_XSAVE, &xsave), "KVM_GET_XSAVE");
	for (int i = 0; i < ${bytes / 8}; i++, value++)
		memcpy(lanes_at(&xsave, i / 2) + i % 2 * 8, &value, 8);
	*(uint64_t *)&xsave.region[128] |= XCR0;	/* XSTATE_BV */
	must(ioctl(vcpus[cpu].fd, KVM_SET_XSAVE, &xsave), "KVM_SET_XSAVE");
}
`,
    ),
    fragment(
      'get_vector',
      c`
/* A part that XSTATE_BV does not have is zero. */
static void get_vector(int cpu, uint64_t lanes[9])
{
	static const uint64_t part[] = { 2, 4, 0x40, 0x40 };
	struct kvm_xsave xsave;

	must(ioctl(vcpus[cpu].fd, KVM_GET_XSAVE, &xsave), "KVM_GET_XSAVE");
	for (int pair = 0; pair < ${bytes / 16}; pair++) {
		if (*(uint64_t *)&xsave.region[128] & part[pair])
			memcpy(lanes + 2 * pair, lanes_at(&xsave, pair), 16);
	}
}
`,
    ),
  ];
}

export const VECTOR_RUNS = [
  fragment(
    'run_vector_store',
    c`
static void run_vector_store(int cpu, struct kvm_regs start, uint64_t value)
{
	set_vector(cpu, value);
	run_guest(cpu, start);
}
`,
  ),
  fragment(
    'run_vector_load',
    c`
static void run_vector_load(int cpu, struct kvm_regs start, uint64_t value, int count)
{
	uint64_t lanes[9] = { 0 };

	set_vector(cpu, value);
	if (!run_guest(cpu, start))
		return;
	get_vector(cpu, lanes);
	memset(lanes + count, 0, (9 - count) * sizeof(*lanes));
	for (int i = 0; i < count; i += 3)
		record(LANES, cpu, i, lanes[i], lanes[i + 1], lanes[i + 2]);
}
`,
  ),
];
