/** Events as they happened against those that are predicted. */
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';

/** Kind, and the words for it and for each of its numbers. */
export type Row = readonly [kind: string, words: readonly string[]];

/** Names of the levels of page tables, from the leaf up. */
export type Levels = readonly [string, string, string];

/** The kinds of events that a case can record. */
export function eventRows(needs: Needs, registers: readonly Row[], levels: Levels): Row[] {
  const { kinds } = needs;
  const of = (wanted: boolean, ...row: readonly Row[]): readonly Row[] => (wanted ? row : []);
  return [
    ...registers.filter(([kind]) => (kind !== 'MOVED' || needs.moving) && (kind !== 'LANES' || needs.vectorLoads)),
    ...of(needs.mmio, ['MMIO', ['MMIO', 'address', 'bytes', 'write', 'data']]),
    ...of(needs.ring, ['RING_FULL', ['dirty ring full']]),
    ['RUN_ERROR', ['KVM_RUN fails', 'errno']],
    ...of(kinds.has('memory_fault'), ['MEMORY_FAULT', ['memory-fault exit', 'errno']]),
    ...of(needs.sigbus, ['SIGNAL', ['signal for an address in', 'region', 'page']]),
    ['OTHER_EXIT', ['exit', 'reason', 'detail']],
    ...of(kinds.has('internal_error'), ['INTERNAL_ERROR', ['internal error', 'sub-code', 'at the instruction']]),
    ...of(needs.uffd, ['USERFAULT', ['userfault', 'region', 'page', 'flags']]),
    ...of(needs.withdraw, ['WITHDRAWN', ['nobody answered: unregistered', 'region', 'stuck']]),
    ...of(kinds.has('ptes'), ['ENTRIES', ['entries', 'page', ...levels]]),
    ['RESULT', ['returns', 'errno', 'value']],
    ...of(needs.fork, ['CHILD', ["the child's memory", 'changed']]),
  ];
}

function kindsText(list: readonly Row[]): string {
  return c`
enum kind { ${list.map(([kind]) => kind).join(', ')} };

/* How events are printed: the kind, then its numbers. */
static const char *const event_words[][5] = {
${list.map(([kind, words]) => `\t[${kind}] = { ${words.map((word) => `"${word}"`).join(', ')} },`).join('\n')}
};
`;
}

const ACTORS: readonly Fragment[] = [
  fragment('HOST', '#define HOST (-1)	/* in place of a vCPU: a thread of the host */'),
  fragment('ABSENT', '#define ABSENT (~0ull)'),
];

const BITS: readonly Fragment[] = [
  fragment(
    'bits EXACT BITS ANY',
    c`
/* A number of which only the bits in "known" are predicted. */
struct bits {
	uint64_t value;
	uint64_t known;
};
#define EXACT(value) ((struct bits){ (value), ~0ull })
#define BITS(value, known) ((struct bits){ (value), (known) })
#define ANY ((struct bits){ 0, 0 })
`,
  ),
];

const RESULTS: readonly Fragment[] = [
  fragment(
    'record_value',
    c`
/* What a call gave that must, or must not, succeed. */
static void record_value(long result, uint64_t value)
{
	record(RESULT, HOST, result < 0 ? (uint64_t)errno : 0, result < 0 ? 0 : value, 0, 0);
}
`,
  ),
  fragment(
    'record_result',
    c`
static void record_result(long result)
{
	record_value(result, 0);
}
`,
  ),
];

const WRAPPERS: readonly Fragment[] = [
  fragment(
    'maybe',
    c`
static void maybe(struct expected *event)
{
	event->optional = true;
}
`,
  ),
  fragment(
    'otherwise',
    c`
/* What is expected from here on is another way in which the step may go. */
static void otherwise(void)
{
	last_way++;
}
`,
  ),
];

/** Events, and what is expected of them. */
export function eventFragments(needs: Needs, list: readonly Row[]): readonly Fragment[] {
  const locked = needs.uffd || needs.vcpus === 2;
  return [
    ...ACTORS,
    fragment(`event_words kind ${list.map(([kind]) => kind).join(' ')}`, kindsText(list)),
    ...BITS,
    fragment(
      'event expected had had_count wanted wanted_count last_way any_userfaults or_ring_full',
      c`
struct event {
	enum kind kind;
	int vcpu;
	uint64_t value[4];
};

struct expected {
	struct event event;
	uint64_t known[4];
	bool optional;
${when(needs.ring, '\tbool or_ring_full;	/* the instruction may have filled the dirty ring, which shows first */\n')}${when(needs.ways, '\tint way;\n')}	const char *rule;
${when(needs.withdraw, '\tconst char *otherwise_rule;	/* broken by an event of the same kind that is not as expected */\n')}};

/* Of the step under way. */
static struct event had[4096];
static int had_count;
static struct expected wanted[4096];
static int wanted_count;
${when(needs.ways, 'static int last_way;\n')}${when(needs.anyUserfaults, 'static bool any_userfaults;	/* several threads fault at once */\n')}`,
    ),
    fragment(
      'record',
      c`
${when(locked, 'static pthread_mutex_t events_lock = PTHREAD_MUTEX_INITIALIZER;\n\n')}static void record(enum kind kind, int vcpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
${when(locked, '\tpthread_mutex_lock(&events_lock);\n')}	if (had_count < (int)(sizeof(had) / sizeof(had[0])))
		had[had_count++] = (struct event){ kind, vcpu, { a, b, c, d } };
${when(locked, '\tpthread_mutex_unlock(&events_lock);\n')}}
`,
    ),
    ...RESULTS,
    fragment(
      'expect',
      c`
static struct expected *expect(const char *rule, enum kind kind, int vcpu, struct bits a, struct bits b,
			       struct bits c, struct bits d)
{
	struct expected *next = &wanted[wanted_count++];

	*next = (struct expected){
		.event = { kind, vcpu, { a.value, b.value, c.value, d.value } },
		.known = { a.known, b.known, c.known, d.known },
		.rule = rule,
${when(needs.ways, '\t\t.way = last_way,\n')}	};
	return next;
}
`,
    ),
    ...WRAPPERS,
    fragment(
      'forget_events',
      c`
static void forget_events(void)
{
	had_count = 0;
	wanted_count = 0;
${when(needs.ways, '\tlast_way = 0;\n')}${when(needs.anyUserfaults, '\tany_userfaults = false;\n')}}
`,
    ),
  ];
}
