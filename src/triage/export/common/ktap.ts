/** Results as KTAP, and the ends that are no result. */
import { c, fragment, type Fragment } from '../fragment.js';

/** Ends of the whole test, and what a step comes to. */
export const RESULTS: readonly Fragment[] = [
  fragment(
    'test title failures step_failed',
    c`
static volatile int test;		/* number of the step under way */
static const char *title = "set-up";
static int failures;			/* steps that did not go as they must */
static bool step_failed;
`,
  ),
  fragment(
    'skip_all',
    c`
/* This machine lacks something, so nothing is tested. */
static void __attribute__((noreturn, format(printf, 1, 2))) skip_all(const char *format, ...)
{
	va_list values;

	printf("1..0 # SKIP ");
	va_start(values, format);
	vprintf(format, values);
	va_end(values);
	putchar('\n');
	exit(4);
}
`,
  ),
  fragment(
    'must',
    c`
/* For calls that do not fail on any kernel that can run this. */
static int must(int result, const char *call)
{
	if (result >= 0)
		return result;
	printf("Bail out! %s: %s\n", call, strerror(errno));
	exit(3);
}
`,
  ),
  fragment(
    'give_up',
    c`
/* A guest that never comes back, or a fault of the host's that nobody expects. */
static void give_up(int number)
{
	dprintf(STDOUT_FILENO, "# %s\nnot ok %d %s\n",
		number == SIGALRM ? "it did not end within 10 s" : strsignal(number), test, title);
	_exit(1);
}
`,
  ),
  fragment(
    'broken',
    c`
static void broken(const char *rule)
{
	printf("# broken rule: %s\n", rule);
	step_failed = true;
}
`,
  ),
];

/** The frame of a step; these need the events. */
export const STEP_FRAME: readonly Fragment[] = [
  fragment(
    'begin_step',
    c`
static void begin_step(const char *words)
{
	test++;
	title = words;
	step_failed = false;
	forget_events();
	alarm(10);
}
`,
  ),
  fragment(
    'end_step',
    c`
static void end_step(void)
{
	check_events();
	printf("%s %d %s\n", step_failed ? "not ok" : "ok", test, title);
	failures += step_failed;
}
`,
  ),
  fragment(
    'end_open_step',
    c`
/* Only that the step ends is demanded. */
static void end_open_step(const char *rule)
{
	printf("ok %d %s # left open by %s\n", test, title, rule);
}
`,
  ),
];
