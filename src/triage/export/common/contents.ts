/** What memory holds at the end. */
import type { ExpectedPage } from '../../../model/expectation.js';
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';

type Base = ExpectedPage['bases'][number];

const BASES: Readonly<Record<Base, { readonly name: string; readonly holds: string }>> = {
  initial: { name: 'HOLDS_INITIAL', holds: 'value == initial_word(region, page, offset)' },
  zero: { name: 'HOLDS_ZERO', holds: '!value' },
  copy: { name: 'HOLDS_COPY', holds: 'value == copied_word(region, page, offset)' },
};

/** What a page may hold where nothing wrote, in C. */
export function basesText(bases: readonly Base[]): string {
  return bases.length === 0 ? '0' : bases.map((base) => BASES[base].name).join(' | ');
}

/** A word of a page that nothing is said about holds what it held at the start. */
const UNTOUCHED = c`
/* One word of a page; reports it where it is not as at the start. */
static bool check_word(int region, int page, int offset, uint64_t value)
{
	if (value == initial_word(region, page, offset))
		return true;
	broken(UNTOUCHED_RULE);
	printf("#   observed: %s, page %d, offset %#x holds %#llx\n", regions[region].name, page, offset,
	       (unsigned long long)value);
	return false;
}
`;

function checkWord({ words, bases }: Needs): string {
  if (bases.size === 0) return UNTOUCHED;
  const names = ['initial', ...[...bases].filter((base) => base !== 'initial')] as Base[];
  const fits = names.map((base) => `(bases & ${BASES[base].name} && ${BASES[base].holds})`);
  return c`
/* One word of a page; reports it where it is not what the page must hold. */
static bool check_word(int region, int page, int offset, uint64_t value)
{
	const char *rule = contents[region][page].rule;
	int bases = rule ? contents[region][page].bases : HOLDS_INITIAL;
	bool fits = ${fits.join(' ||\n\t\t    ')};

${when(words, '\tfor (int i = 0; i < written_count; i++) {\n\t\tconst struct written *one = &written[i];\n\n\t\tif (one->region == region && one->page == page && one->offset == offset)\n\t\t\tfits = !((one->bits.value ^ value) & one->bits.known);\n\t}\n')}	if (fits)
		return true;
	broken(rule ? rule : UNTOUCHED_RULE);
	printf("#   observed: %s, page %d, offset %#x holds %#llx\n", regions[region].name, page, offset,
	       (unsigned long long)value);
	return false;
}
`;
}

function checkPage(sigbus: boolean): string {
  if (!sigbus)
    return c`
static void check_page(int region, int page)
{
	for (int offset = 0; offset < PAGE; offset += 8) {
		if (!check_word(region, page, offset, *(uint64_t *)(at(region, page) + offset)))
			return;
	}
}
`;
  return c`
static void check_page(int region, int page)
{
	for (int offset = 0; offset < PAGE; offset += 8) {
		uint64_t value;

		if (!read_word(at(region, page) + offset, &value)) {
			record(SIGNAL, HOST, region, page, 0, 0);
			return;
		}
		if (!check_word(region, page, offset, value))
			return;
	}
}
`;
}

/** @param needs of which `bases` are those of all pages that are predicted. */
export function contentFragments(needs: Needs): readonly Fragment[] {
  const names = [...new Set<Base>(['initial', ...needs.bases])].map((base) => BASES[base].name);
  return [
    fragment(
      `contents ${names.join(' ')}`,
      c`
enum { ${names.map((name, i) => `${name} = ${2 ** i}`).join(', ')} };

/* Pages that may hold something else than at the start. */
static struct {
	const char *rule;
	int bases;		/* what is allowed where nothing wrote */
} contents[REGIONS][512];
`,
    ),
    fragment(
      'expect_page',
      c`
static void expect_page(const char *rule, int region, int page, int bases)
{
	contents[region][page].rule = rule;
	contents[region][page].bases = bases;
}
`,
    ),
    fragment(
      'written written_count',
      c`
/* Words that were written. */
static struct written {
	int region, page, offset;
	struct bits bits;
} written[16384];
static int written_count;
`,
    ),
    fragment(
      'expect_word',
      c`
static void expect_word(int region, int page, int offset, struct bits bits)
{
	written[written_count++] = (struct written){ region, page, offset, bits };
}
`,
    ),
    fragment('check_word', checkWord(needs)),
    fragment('check_page', checkPage(needs.sigbus)),
    fragment(
      'check_memory',
      c`
/* Every page of the guest's memory against what it must hold. */
static void check_memory(void)
{
	for (int region = PT; region < NONE; region++) {
		if (!regions[region].hva)
			continue;
${when(needs.mprotect, '\t\tmprotect(regions[region].hva, regions[region].bytes, PROT_READ | PROT_WRITE);\n')}		for (int page = 0; page < regions[region].pages; page++)
			check_page(region, page);
	}
}
`,
    ),
  ];
}
