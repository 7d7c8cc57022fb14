/** What an instruction of aarch64 may give, and how it is expected. */
import type { MovedText } from '../expected.js';
import { c, fragment, type Fragment } from '../fragment.js';

export const ARM_ROWS = [
  ['DONE', ['completes', 'X0', 'X2', 'store-exclusive status']],
  ['EXCEPTION', ['exception', 'vector', 'ESR_EL1', 'FAR_EL1', 'PC offset']],
  ['LANES', ['Q0', 'from lane', 'first', 'second']],
  ['MOVED', ['written back', 'X1 moved by']],
] as const;

/** X1 alone. */
export const armMoved: MovedText = ({ rdi }) => [`${rdi}`];

export const ARM_EXPECTATIONS: readonly Fragment[] = [
  fragment(
    'expect_done',
    c`
static struct expected *expect_done(const char *rule, int vcpu, struct bits x0, struct bits x2, struct bits status)
{
	return expect(rule, DONE, vcpu, x0, x2, status, ANY);
}
`,
  ),
  fragment(
    'expect_exception',
    c`
static struct expected *expect_exception(const char *rule, int vcpu, int vector, struct bits esr, uint64_t far,
					 int64_t pc_offset)
{
	return expect(rule, EXCEPTION, vcpu, EXACT(vector), esr, EXACT(far), EXACT(pc_offset));
}
`,
  ),
  fragment(
    'expect_lanes',
    c`
static struct expected *expect_lanes(const char *rule, int vcpu, int first, struct bits a, struct bits b, struct bits c)
{
	(void)c;	/* Q0 has two */
	return expect(rule, LANES, vcpu, EXACT(first), a, b, ANY);
}
`,
  ),
  fragment(
    'expect_moved',
    c`
static struct expected *expect_moved(const char *rule, int vcpu, int64_t x1)
{
	return expect(rule, MOVED, vcpu, EXACT(x1), ANY, ANY, ANY);
}
`,
  ),
];
