/** The userfaultfd: registrations, and the thread that reads its messages. */
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';
import { answerFragments, occurring } from './answers.js';

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

const VCPU_OF = fragment(
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
);

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
  // Waiting with poll() wants a descriptor that does not block.
  const flags = needs.withdraw ? 'O_CLOEXEC | O_NONBLOCK' : 'O_CLOEXEC';
  return [
    ...MODES,
    ...answerFragments(needs),
    VCPU_OF,
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
