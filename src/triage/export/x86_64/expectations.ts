/** What an instruction of x86_64 may give, and how it is expected. */
import type { MovedText } from '../expected.js';
import { c, fragment, type Fragment } from '../fragment.js';

export const X86_ROWS = [
  ['DONE', ['completes', 'RAX', 'RDX', 'RFLAGS']],
  ['EXCEPTION', ['exception', 'vector', 'error code', 'address', 'RIP offset']],
  ['LANES', ['vector register', 'from lane', 'first', 'second', 'third']],
  ['MOVED', ['string registers', 'RDI moved by', 'RSI or RSP by', 'RCX']],
] as const;

/** RDI, RSI or RSP, and RCX. */
export const x86Moved: MovedText = ({ rdi, rsi, rcx }) => [`${rdi}`, `${rsi}`, `${rcx}`];

export const X86_EXPECTATIONS: readonly Fragment[] = [
  fragment(
    'expect_done',
    c`
static struct expected *expect_done(const char *rule, int vcpu, struct bits rax, struct bits rdx, struct bits rflags)
{
	return expect(rule, DONE, vcpu, rax, rdx, rflags, ANY);
}
`,
  ),
  fragment(
    'expect_exception',
    c`
static struct expected *expect_exception(const char *rule, int vcpu, int vector, struct bits error_code,
					 uint64_t address, int64_t rip_offset)
{
	return expect(rule, EXCEPTION, vcpu, EXACT(vector), error_code, EXACT(address), EXACT(rip_offset));
}
`,
  ),
  fragment(
    'expect_lanes',
    c`
static struct expected *expect_lanes(const char *rule, int vcpu, int first, struct bits a, struct bits b, struct bits c)
{
	return expect(rule, LANES, vcpu, EXACT(first), a, b, c);
}
`,
  ),
  fragment(
    'expect_moved',
    c`
static struct expected *expect_moved(const char *rule, int vcpu, int64_t rdi, int64_t rsi, uint64_t rcx)
{
	return expect(rule, MOVED, vcpu, EXACT(rdi), EXACT(rsi), EXACT(rcx), ANY);
}
`,
  ),
];
