/** The thread that answers userfaultfd messages by script. */
import type { MissingAnswer } from '../../../scenario/stage2/config.js';
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';

const ANSWERS: Readonly<Record<MissingAnswer, string>> = {
  copy: 'COPY',
  copy_wp: 'COPY_WP',
  zeropage: 'ZEROPAGE',
  poison: 'POISON',
  none: 'NO_ANSWER',
};

/** The C name of an answer. */
export function answerName(answer: MissingAnswer): string {
  return ANSWERS[answer];
}

/** Which answers and modes occur at all. */
function occurring({ scripts }: Needs) {
  // Another script than the one registered with may answer later.
  const missing = new Set(
    scripts.some((script) => script.missing) ? scripts.flatMap((script) => script.missingAnswers) : [],
  );
  const minor = scripts.some((script) => script.minor);
  const wp = scripts.some((script) => script.wp);
  return { missing, minor, wp, delay: scripts.some(({ delayUs }) => delayUs > 0) };
}

const SOURCE = c`
/* What UFFDIO_COPY brings: the tables as at the start, data with a tag of its own. */
static void *copy_source(int region, int first)
{
	static uint64_t buffer[HUGE_PAGE / 8] __attribute__((aligned(4096)));

	memset(buffer, 0, sizeof(buffer));
	for (int i = 0; i < regions[region].unit / PAGE && first + i < regions[region].pages; i++) {
		for (int offset = 0; offset < PAGE; offset += 8)
			buffer[(i * PAGE + offset) / 8] = copied_word(region, first + i, offset);
	}
	return buffer;
}
`;

const COPY_PAGE = c`
static int copy_page(int region, int page, struct uffdio_range to, uint64_t mode)
{
	int first = page & ~(regions[region].unit / PAGE - 1);
	struct uffdio_copy copy = {
		.dst = to.start,
		.src = (uintptr_t)copy_source(region, first),
		.len = to.len,
		.mode = mode,
	};

	return ioctl(uffd, UFFDIO_COPY, &copy);
}
`;

/** A function that gives one answer for a range. */
function answerer(name: string, type: string, request: string): Fragment {
  return fragment(
    name,
    `static int ${name}(struct uffdio_range range)\n{\n\tstruct ${type} answer = { .range = range };\n\n\treturn ioctl(uffd, ${request}, &answer);\n}`,
  );
}

/** What answers a MISSING message, in C. */
const MISSING: Readonly<Record<MissingAnswer, string>> = {
  copy: 'copy_page(region, page, range, 0)',
  copy_wp: 'copy_page(region, page, range, UFFDIO_COPY_MODE_WP)',
  zeropage: 'zero_page(range)',
  poison: 'poison_page(range)',
  none: '-1',
};

function missingText(answers: ReadonlySet<MissingAnswer>): string {
  const cases = [...answers]
    .filter((one) => one !== 'none')
    .map((one) => `\tcase ${ANSWERS[one]}:\n\t\treturn ${MISSING[one]};\n`);
  const unused = cases.length === 0;
  return c`
static int answer_missing(int region, int page, struct uffdio_range range)
{
${when(unused, '\t(void)range;\n')}	switch (scripts[region].missing[page % scripts[region].missing_count]) {
${cases.join('')}	default:
		return -1;
	}
}
`;
}

function answerText(needs: Needs): string {
  const { missing, minor, wp, delay } = occurring(needs);
  const choices = [
    ...(wp ? ['if (flags & WP)\n\t\tfailed = scripts[region].wp == NO_ANSWER ? -1 : lift_protection(range);'] : []),
    ...(minor ? ['if (flags & MINOR)\n\t\tfailed = scripts[region].minor == NO_ANSWER ? -1 : map_page(range);'] : []),
    ...(missing.size > 0
      ? [`${when(wp || minor, 'if (!(flags & (WP | MINOR)))\n\t\t')}failed = answer_missing(region, page, range);`]
      : []),
  ];
  return c`
/* Answers a message by its region's script.${when(needs.withdraw, ' False: nobody does.')} */
static ${needs.withdraw ? 'bool' : 'void'} answer(int region, uint64_t address${when(wp || minor, ', uint64_t flags')})
{
	struct uffdio_range range = { address & ~(uint64_t)(regions[region].unit - 1), regions[region].unit };
${when(missing.size > 0, '\tint page = (address - (uintptr_t)regions[region].hva) / PAGE;\n')}	int failed = -1;

	errno = 0;
${when(delay, '\tusleep(scripts[region].delay_us);\n')}	${choices.join('\n\telse ')}
${needs.withdraw ? PATIENT : HASTY}
}
`;
}

const PATIENT = c`
	if (!failed)
		refused[region] = 0;
	if (failed && errno == EEXIST && refused[region] != address) {
		/* Somebody was faster, which is an answer too; the kernel wakes nobody then. */
		refused[region] = address;
		ioctl(uffd, UFFDIO_WAKE, &range);
		return true;
	}
	return !failed;
`;

const HASTY = c`
	/* Somebody was faster, which is an answer too; the kernel wakes nobody then. */
	if (failed && errno == EEXIST)
		ioctl(uffd, UFFDIO_WAKE, &range);
`;

const WAITING = c`
/* How long a message may stay unanswered, and a thread asleep after its range was unregistered. */
#define PATIENCE_MS 20
#define WAKING_MS 50

static uint64_t refused[REGIONS];	/* last message whose answer met something there already */
static uint64_t unanswered_since[REGIONS];
static pid_t waiter[REGIONS];

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static bool sleeps(pid_t thread)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state == 'S' || state == 'D';
}

/* Lets go whoever waits in a region. One that sleeps on although its range was unregistered is woken by hand. */
static void withdraw(int region)
{
	struct uffdio_range range = { (uintptr_t)regions[region].hva, regions[region].bytes };
	int step = test;

	unanswered_since[region] = 0;
	registered[region] = false;
	record(WITHDRAWN, HOST, region, 0, 0, 0);
	ioctl(uffd, UFFDIO_UNREGISTER, &range);
	for (int i = 0; i < WAKING_MS && step == test; i++)
		usleep(1000);
	if (step == test && sleeps(waiter[region])) {
		mark_stuck();
		ioctl(uffd, UFFDIO_WAKE, &range);
	}
}
`;

function serveText(needs: Needs): string {
  const { withdraw, vcpus } = needs;
  const { minor, wp } = occurring(needs);
  const flagsToo = when(minor || wp, ', flags');
  const who = vcpus === 2 ? 'vcpu_of(msg.arg.pagefault.feat.ptid)' : '0';
  const loop = c`
		for (int region = PT; region < NONE; region++) {
			uint64_t offset = address - (uintptr_t)regions[region].hva;

			if (!registered[region] || offset >= regions[region].bytes)
				continue;
			record(USERFAULT, ${who}, region, offset / PAGE, flags, 0);
${
  withdraw
    ? `			if (!answer(region, address${flagsToo}) && !unanswered_since[region]) {
				unanswered_since[region] = now_ms();
				waiter[region] = msg.arg.pagefault.feat.ptid;
			}`
    : `			answer(region, address${flagsToo});`
}
		}
`;
  if (!withdraw)
    return c`
static void *serve_userfaults(void *unused)
{
	struct uffd_msg msg;

	(void)unused;
	while (read(uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		uint64_t address = msg.arg.pagefault.address, flags = msg.arg.pagefault.flags & 7;

		if (msg.event != UFFD_EVENT_PAGEFAULT)
			continue;
${loop}
	}
	return NULL;
}
`;
  return c`
static void *serve_userfaults(void *unused)
{
	struct pollfd ready = { .fd = uffd, .events = POLLIN };

	(void)unused;
	for (;;) {
		uint64_t address, flags;
		struct uffd_msg msg;

		for (int region = PT; region < NONE; region++) {
			if (unanswered_since[region] && now_ms() - unanswered_since[region] >= PATIENCE_MS)
				withdraw(region);
		}
		if (poll(&ready, 1, 1) < 1 || read(uffd, &msg, sizeof(msg)) != sizeof(msg) ||
		    msg.event != UFFD_EVENT_PAGEFAULT)
			continue;
		address = msg.arg.pagefault.address;
		flags = msg.arg.pagefault.flags & 7;
${loop}
	}
	return NULL;
}
`;
}

const MODES: readonly Fragment[] = [
  fragment(
    'READ WRITE WP MINOR',
    c`
enum { READ = 0, WRITE = UFFD_PAGEFAULT_FLAG_WRITE, WP = UFFD_PAGEFAULT_FLAG_WP, MINOR = UFFD_PAGEFAULT_FLAG_MINOR };
`,
  ),
  fragment(
    'UFFDIO_POISON UFFD_FEATURE_POISON',
    c`
#ifndef UFFDIO_POISON	/* headers before Linux 6.6 */
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};
#define UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uffdio_poison)
#define UFFD_FEATURE_POISON (1 << 14)
#endif
`,
  ),
];

const ANSWERING: readonly Fragment[] = [
  fragment(
    'mark_stuck',
    c`
/* The withdrawal of this step was not enough to wake its thread. */
static void mark_stuck(void)
{
	pthread_mutex_lock(&events_lock);
	for (int i = 0; i < had_count; i++) {
		if (had[i].kind == WITHDRAWN)
			had[i].value[1] = true;
	}
	pthread_mutex_unlock(&events_lock);
}
`,
  ),
  fragment(
    'vcpu_of vcpu_threads',
    c`
static volatile pid_t vcpu_threads[VCPUS];

static int vcpu_of(pid_t thread)
{
	for (int cpu = 0; cpu < VCPUS; cpu++) {
		if (vcpu_threads[cpu] == thread)
			return cpu;
	}
	return HOST;
}
`,
  ),
  fragment('withdraw unanswered_since waiter now_ms', WAITING),
  fragment('copy_source', SOURCE),
  fragment('copy_page', COPY_PAGE),
  answerer('zero_page', 'uffdio_zeropage', 'UFFDIO_ZEROPAGE'),
  answerer('poison_page', 'uffdio_poison', 'UFFDIO_POISON'),
  answerer('map_page', 'uffdio_continue', 'UFFDIO_CONTINUE'),
  answerer('lift_protection', 'uffdio_writeprotect', 'UFFDIO_WRITEPROTECT'),
];

const REGISTERING: readonly Fragment[] = [
  fragment(
    'uffd_register',
    c`
static int uffd_register(int region, uint64_t mode, struct script script)
{
	struct uffdio_register range = {
		.range = { (uintptr_t)regions[region].hva, regions[region].bytes },
		.mode = mode,
	};

	if (ioctl(uffd, UFFDIO_REGISTER, &range))
		return -1;
	scripts[region] = script;
	registered[region] = true;
	return 0;
}
`,
  ),
  fragment(
    'uffd_unregister',
    c`
static int uffd_unregister(int region)
{
	struct uffdio_range range = { (uintptr_t)regions[region].hva, regions[region].bytes };

	registered[region] = false;
	return ioctl(uffd, UFFDIO_UNREGISTER, &range);
}
`,
  ),
  fragment(
    'uffd_protect',
    c`
static int uffd_protect(void *start, size_t bytes, bool on)
{
	struct uffdio_writeprotect protect = {
		.range = { (uintptr_t)start, bytes },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(uffd, UFFDIO_WRITEPROTECT, &protect);
}
`,
  ),
];

export function userfaultFragments(needs: Needs): readonly Fragment[] {
  const { missing, delay } = occurring(needs);
  // Waiting with poll() wants a descriptor that does not block.
  const flags = needs.withdraw ? 'O_CLOEXEC | O_NONBLOCK' : 'O_CLOEXEC';
  const names = [...missing].map((one) => ANSWERS[one]);
  const enumerated = [...new Set([...names, 'NO_ANSWER', 'GIVE_ANSWER'])];
  return [
    ...MODES,
    fragment(
      `scripts script registered uffd ${enumerated.join(' ')}`,
      c`
/* How messages about a region are answered; page p of those that are missing gets missing[p % missing_count]. */
struct script {
	enum answer { ${enumerated.join(', ')} } missing[4];
	int missing_count;
	enum answer minor, wp;
${when(delay, '\tunsigned int delay_us;\n')}};

static int uffd = -1;
static struct script scripts[REGIONS];
static volatile bool registered[REGIONS];
`,
    ),
    ...ANSWERING,
    fragment('answer_missing', missingText(missing)),
    fragment('answer', answerText(needs)),
    fragment('serve_userfaults', serveText(needs)),
    fragment(
      'open_userfaultfd',
      c`
/* The features are those that this case needs. */
static void open_userfaultfd(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	pthread_t thread;

	uffd = syscall(SYS_userfaultfd, ${flags});
	if (uffd < 0) {
		int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);

		uffd = device < 0 ? -1 : ioctl(device, USERFAULTFD_IOC_NEW, ${flags});
	}
	if (uffd < 0)
		skip_all("userfaultfd: %s (run as root, or sysctl vm.unprivileged_userfaultfd=1)", strerror(errno));
	if (ioctl(uffd, UFFDIO_API, &api))
		skip_all("this kernel's userfaultfd lacks a feature that the case needs: %s", strerror(errno));
	must(-pthread_create(&thread, NULL, serve_userfaults, NULL), "pthread_create");
}
`,
    ),
    ...REGISTERING,
  ];
}
