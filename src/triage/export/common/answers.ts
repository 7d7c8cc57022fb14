/** What answers userfaultfd messages, by script, and lets go those who get no answer. */
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
export function occurring({ scripts }: Needs) {
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
  fragment('withdraw unanswered_since waiter now_ms', WAITING),
  fragment('copy_source', SOURCE),
  fragment('copy_page', COPY_PAGE),
  answerer('zero_page', 'uffdio_zeropage', 'UFFDIO_ZEROPAGE'),
  answerer('poison_page', 'uffdio_poison', 'UFFDIO_POISON'),
  answerer('map_page', 'uffdio_continue', 'UFFDIO_CONTINUE'),
  answerer('lift_protection', 'uffdio_writeprotect', 'UFFDIO_WRITEPROTECT'),
];

/** Scripts, and the function `answer`. */
export function answerFragments(needs: Needs): readonly Fragment[] {
  const { missing, delay } = occurring(needs);
  const names = [...missing].map((one) => ANSWERS[one]);
  const enumerated = [...new Set([...names, 'NO_ANSWER', 'GIVE_ANSWER'])];
  return [
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
  ];
}
