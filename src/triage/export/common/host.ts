/** What the host does with the memory itself: its accesses, their signals, and a child that holds it. */
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';
import type { StubText } from './memory.js';

const SIGNALS: readonly Fragment[] = [
  fragment(
    'signals in_guest',
    c`
/* SIGBUS of poisoned and SIGSEGV of protected memory. */
static __thread struct {
	sigjmp_buf landing;
	volatile bool guarded;		/* reading or writing on purpose */
	volatile bool in_guest;		/* KVM may signal while it handles a fault of the guest's */
	volatile bool pending;
	void *volatile address;
} signals;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	signals.address = info->si_addr;
	if (signals.guarded) {
		signals.guarded = false;
		siglongjmp(signals.landing, 1);
	}
	if (number != SIGBUS || !signals.in_guest)
		give_up(number);
	signals.pending = true;
}
`,
  ),
  fragment(
    'read_word',
    c`
/* False: a signal came instead. */
static bool read_word(const void *address, uint64_t *value)
{
	if (sigsetjmp(signals.landing, 1))
		return false;
	signals.guarded = true;
	*value = *(const volatile uint64_t *)address;
	signals.guarded = false;
	return true;
}
`,
  ),
  fragment(
    'write_word',
    c`
/* The same for a write. */
static bool write_word(void *address, uint64_t value)
{
	if (sigsetjmp(signals.landing, 1))
		return false;
	signals.guarded = true;
	*(volatile uint64_t *)address = value;
	signals.guarded = false;
	return true;
}
`,
  ),
  fragment(
    'record_signal',
    c`
/* Region REGIONS: the signal had an address that is in none. */
static void record_signal(int cpu)
{
	int region = PT;
	size_t offset = 0;

	for (; region < NONE; region++) {
		offset = (uint8_t *)signals.address - regions[region].hva;
		if (regions[region].hva && offset < regions[region].bytes)
			break;
	}
	signals.pending = false;
	record(SIGNAL, cpu, region < NONE ? region : REGIONS, region < NONE ? offset / PAGE : 0, 0, 0);
}
`,
  ),
];

const CHILD: readonly Fragment[] = [
  fragment(
    'fork_child release_child',
    c`
/* A child that keeps the memory as it is now, so that the parent's private pages become copy-on-write. */
static int to_child = -1, from_child;

static uint64_t private_checksum(void)
{
	static const int private[] = { PRIVATE_REGIONS };
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		for (int page = 0; page < regions[private[i]].pages; page++) {
			for (int offset = 0; offset < PAGE; offset += 8)
				sum = (sum ^ *(uint64_t *)(at(private[i], page) + offset)) * 0x100000001b3;
		}
	}
	return sum;
}

/* The child: says when it has seen the memory, and when it is let go whether that has changed. */
static void hold_memory(int from_parent, int to_parent)
{
	uint64_t before;
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int region = PT; region < NONE; region++) {
		if (regions[region].hva)
			mprotect(regions[region].hva, regions[region].bytes, PROT_READ);
	}
	before = private_checksum();
	if (write(to_parent, &byte, 1) != 1 || read(from_parent, &byte, 1) != 1)
		_exit(1);
	byte = private_checksum() != before;
	_exit(write(to_parent, &byte, 1) != 1);
}

static int fork_child(void)
{
	int down[2], up[2];
	char byte;

	must(pipe(down) | pipe(up), "pipe");
	fflush(stdout);
	switch (fork()) {
	case -1:
		return -1;
	case 0:
		close(down[1]);
		hold_memory(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	to_child = down[1];
	from_child = up[0];
	return read(from_child, &byte, 1) == 1 ? 0 : must(-1, "the child");
}

static void release_child(void)
{
	char byte = 0;

	if (to_child < 0)
		return;
	if (write(to_child, &byte, 1) != 1 || read(from_child, &byte, 1) != 1)
		must(-1, "the child");
	close(to_child);
	to_child = -1;
	wait(NULL);
	record(CHILD, HOST, byte, 0, 0, 0);
}
`,
  ),
];

/** What the host wrote may be code that the guest runs next. */
const SYNC = '\t__builtin___clear_cache((char *)at(region, page) + offset, (char *)at(region, page) + offset + 8);\n';

/** @param code what fetches run. */
export function hostFragments({ sigbus, fetch }: Needs, code: StubText): readonly Fragment[] {
  const sync = when(fetch && code.syncs, SYNC);
  return [
    ...SIGNALS,
    fragment(
      'install_handlers',
      c`
static void install_handlers(void)
{
	struct sigaction trouble = { .sa_handler = give_up };
${
  sigbus
    ? `	struct sigaction fault = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	sigaction(SIGALRM, &trouble, NULL);
	sigaction(SIGBUS, &fault, NULL);
	sigaction(SIGSEGV, &fault, NULL);`
    : `
	sigaction(SIGALRM, &trouble, NULL);
	sigaction(SIGBUS, &trouble, NULL);
	sigaction(SIGSEGV, &trouble, NULL);`
}
}
`,
    ),
    fragment(
      'host_read',
      c`
static void host_read(int region, int page, int offset)
{
${
  sigbus
    ? `	uint64_t value;

	if (read_word(at(region, page) + offset, &value))
		record_value(0, value);
	else
		record(SIGNAL, HOST, region, page, 0, 0);`
    : '	record_value(0, *(volatile uint64_t *)(at(region, page) + offset));'
}
}
`,
    ),
    fragment(
      'host_write',
      c`
static void host_write(int region, int page, int offset, uint64_t value)
{
${
  sigbus
    ? `	if (!write_word(at(region, page) + offset, value)) {
		record(SIGNAL, HOST, region, page, 0, 0);
		return;
	}
`
    : `	*(volatile uint64_t *)(at(region, page) + offset) = value;
`
}${sync}	record_result(0);
}
`,
    ),
    ...CHILD,
  ];
}
