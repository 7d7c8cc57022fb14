/** One function per kind of event that is the same on every architecture. */
import { c, fragment, type Fragment } from '../fragment.js';

/** A function that expects one event of a kind. */
function expecter(name: string, parameters: string, body: string): Fragment {
  return fragment(
    name,
    `static struct expected *${name}(const char *rule, ${parameters})\n{\n\treturn expect(rule, ${body});\n}`,
  );
}

export const EXPECTATIONS: readonly Fragment[] = [
  expecter('expect_result', 'int error', 'RESULT, HOST, EXACT(error), ANY, ANY, ANY'),
  expecter('expect_value', 'struct bits value', 'RESULT, HOST, EXACT(0), value, ANY, ANY'),
  expecter(
    'expect_userfault',
    'int vcpu, int region, int page, int flags',
    'USERFAULT, vcpu, EXACT(region), EXACT(page), EXACT(flags), ANY',
  ),
  fragment(
    'expect_withdrawn',
    c`
/* The other rule is broken by a thread that has to be woken by hand and should not, or the other way round. */
static struct expected *expect_withdrawn(const char *rule, const char *wakes_rule, int region, bool sleeps)
{
	struct expected *event = expect(rule, WITHDRAWN, HOST, EXACT(region), EXACT(sleeps), ANY, ANY);

	event->otherwise_rule = wakes_rule;
	return event;
}
`,
  ),
  expecter(
    'expect_mmio_read',
    'int vcpu, uint64_t gpa, int bytes, struct bits data',
    'MMIO, vcpu, EXACT(gpa), EXACT(bytes), EXACT(false), data',
  ),
  expecter(
    'expect_mmio_write',
    'int vcpu, uint64_t gpa, int bytes, struct bits data',
    'MMIO, vcpu, EXACT(gpa), EXACT(bytes), EXACT(true), data',
  ),
  expecter('expect_run_error', 'int vcpu, int error', 'RUN_ERROR, vcpu, EXACT(error), ANY, ANY, ANY'),
  expecter('expect_memory_fault', 'int vcpu, int error', 'MEMORY_FAULT, vcpu, EXACT(error), ANY, ANY, ANY'),
  expecter(
    'expect_internal_error',
    'int vcpu, int suberror',
    'INTERNAL_ERROR, vcpu, EXACT(suberror), EXACT(true), ANY, ANY',
  ),
  expecter('expect_ring_full', 'int vcpu', 'RING_FULL, vcpu, ANY, ANY, ANY, ANY'),
  expecter('expect_signal', 'int vcpu, int region, int page', 'SIGNAL, vcpu, EXACT(region), EXACT(page), ANY, ANY'),
  expecter('expect_child', 'bool changed', 'CHILD, HOST, EXACT(changed), ANY, ANY, ANY'),
  expecter(
    'expect_entries',
    'int region, int page, struct bits leaf, struct bits middle, struct bits top',
    'ENTRIES, HOST, EXACT(GVA(region, page, 0)), leaf, middle, top',
  ),
  fragment(
    'or_dirty_ring_full',
    c`
static void or_dirty_ring_full(struct expected *event)
{
	event->or_ring_full = true;
}
`,
  ),
];
