/** Events as they happened against those that were expected. */
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';
import type { Row } from './events.js';

function channelText(list: readonly Row[]): string {
  const has = (kind: string): boolean => list.some(([one]) => one === kind);
  return c`
/* Order counts within a channel, not between them. */
#define CHANNELS 5
static int channel(const struct event *event)
{
	switch (event->kind) {
${when(has('USERFAULT'), '\tcase USERFAULT:\n')}${when(has('WITHDRAWN'), '\tcase WITHDRAWN:\n')}${when(has('USERFAULT'), '\t\treturn 0;\n')}	case RESULT:
${when(has('CHILD'), '\tcase CHILD:\n')}		return 1;
${when(has('ENTRIES'), '\tcase ENTRIES:\n\t\treturn 2;\n')}	default:
		return event->vcpu == 1 ? 3 : 4;
	}
}
`;
}

function sameText(needs: Needs): string {
  return c`
static bool same(const struct expected *want, const struct event *have)
{
${when(needs.ring, '\tif (want->or_ring_full && have->kind == RING_FULL)\n\t\treturn true;\n')}	if (want->event.kind != have->kind)
		return false;
${when(needs.vcpus === 2, '\tif (have->vcpu != HOST && want->event.vcpu != HOST && have->vcpu != want->event.vcpu)\n\t\treturn false;\n')}	for (int i = 0; i < 4; i++) {
${when(needs.absentEntries, '\t\t/* Reading the entry would have brought its table in. */\n\t\tif (have->kind == ENTRIES && have->value[i] == ABSENT)\n\t\t\tcontinue;\n')}		if ((want->event.value[i] ^ have->value[i]) & want->known[i])
			return false;
	}
	return true;
}
`;
}

function checkText({ ways, anyUserfaults }: Needs): string {
  const skipped = when(anyUserfaults, '\t\tif (i == 0 && any_userfaults)\n\t\t\tcontinue;\n');
  const one = c`
/* Compares the step's events with what was expected. */
static void check_events(void)
{
	for (int i = 0; i < CHANNELS; i++) {
${skipped}		compare(${ways ? '0, ' : ''}i, true);
	}
}
`;
  if (!ways) return anyUserfaults ? one : one.replace(/ \{\n\t\tcompare(.*)\n\t\}/, '\n\t\tcompare$1');
  return c`
static bool way_fits(int way, bool report)
{
	bool fits = true;

	for (int i = 0; i < CHANNELS; i++) {
${skipped}		fits &= compare(way, i, report);
	}
	return fits;
}

/* Compares the step's events with each of the ways in which it may go. */
static void check_events(void)
{
	for (int way = 0; way <= last_way; way++) {
		if (way_fits(way, false))
			return;
	}
	for (int way = 0; way <= last_way; way++)
		way_fits(way, true);
}
`;
}

function compareText({ ways }: Needs): string {
  const mine = ways ? 'wanted[w].way == way && ' : '';
  return c`
/* One channel of ${ways ? 'one way' : 'the step'}. What is optional may be left out. */
static bool compare(${ways ? 'int way, ' : ''}int which, bool report)
{
	int w = 0, h = 0;

	for (;;) {
		const struct expected *want;
		const struct event *have;

		while (w < wanted_count && !(${mine}channel(&wanted[w].event) == which))
			w++;
		while (h < had_count && channel(&had[h]) != which)
			h++;
		want = w < wanted_count ? &wanted[w] : NULL;
		have = h < had_count ? &had[h] : NULL;
		if (!want && !have)
			return true;
		if (want && have && same(want, have)) {
			w++;
			h++;
		} else if (want && want->optional) {
			w++;
		} else {
			if (report)
				report_difference(want, have);
			return false;
		}
	}
}
`;
}

const PRINT_EVENT = c`
static void print_event(const char *side, const struct event *event, const uint64_t *known)
{
	const char *const *words = event_words[event->kind];

	printf("#   %s: %s", side, words[0]);
	for (int i = 0; i < 4 && words[i + 1]; i++) {
		if (known && !known[i])
			continue;
		printf(", %s %#llx", words[i + 1], (unsigned long long)event->value[i]);
		if (known && known[i] != ~0ull)
			printf(" in the bits %#llx", (unsigned long long)known[i]);
	}
	putchar('\n');
}
`;

function reportText(needs: Needs): string {
  const plain = '\tbroken(want ? want->rule : "nothing more of this kind may come");';
  const reported = needs.withdraw
    ? `\tif (want && have && want->otherwise_rule && have->kind == want->event.kind)\n\t\tbroken(want->otherwise_rule);\n\telse\n\t${plain}`
    : plain;
  return c`
/* Either may be missing. */
static void report_difference(const struct expected *want, const struct event *have)
{
${reported}
	if (want)
		print_event("expected", &want->event, want->known);
	else
		printf("#   expected: nothing\n");
	if (have)
		print_event("observed", have, NULL);
	else
		printf("#   observed: nothing\n");
}
`;
}

/** The comparison of a step's events. */
export function compareFragments(needs: Needs, list: readonly Row[]): readonly Fragment[] {
  return [
    fragment('same', sameText(needs)),
    fragment('channel CHANNELS', channelText(list)),
    fragment('print_event', PRINT_EVENT),
    fragment('report_difference', reportText(needs)),
    fragment('compare', compareText(needs)),
    fragment('check_events way_fits', checkText(needs)),
  ];
}
