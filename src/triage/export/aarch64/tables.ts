/** The guest's page tables on aarch64: those of the window in `pt`, and those of the code. */
import { ARM_PTE_BIT, ARM_TABLES, GRANULE_PAGES, type Granule } from '../../../scenario/stage2/arch.js';
import type { ArmConfig } from '../../../scenario/stage2/config.js';
import { PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { c, fragment, type Fragment } from '../fragment.js';
import { hexText } from '../values.js';

const bit = (number: number): bigint => 1n << BigInt(number);

/** The bits of a leaf at the start, each with its name. */
function leafBits({ initial, privilege }: ArmConfig): string {
  const { user, readonly, accessed, dbm } = ARM_PTE_BIT;
  const bits: readonly (readonly [value: bigint, name: string])[] = [
    [0x307n, 'page, normal memory, inner shareable'],
    ...(privilege === 'user' ? [[bit(user), 'EL0'] as const] : []),
    ...(initial.writable ? [] : [[bit(readonly), 'read-only'] as const]),
    ...(initial.af ? [[bit(accessed), 'AF'] as const] : []),
    ...(initial.dbm ? [[bit(dbm), 'DBM'] as const] : []),
  ];
  const value = bits.reduce((sum, [one]) => sum | one, 0n);
  return `#define LEAF ${hexText(value)}ull	/* ${bits.map(([, name]) => name).join(', ')} */`;
}

/** What descriptors hold. */
export function descriptorBits(config: ArmConfig): Fragment {
  return fragment(
    'LEAF TABLE LEAF_PAGES',
    c`
/* Descriptors of the window. A page is 4 KiB everywhere, and a leaf maps as many as the granule has. */
#define TABLE 3ull
${leafBits(config)}
#define LEAF_PAGES ${GRANULE_PAGES[config.granule]}
`,
  );
}

function entryFunctions(granule: Granule): string {
  const { l1, l2, l3, shift, entries } = ARM_TABLES[granule];
  return c`
/* Entries of the window: an L1, an L2 and L3 tables one behind the other, in "pt". */
static uint64_t *l3_of(uint8_t *pt, uint64_t gva)
{
	return (uint64_t *)(pt + ${l3.data} * PAGE) + ((gva - WINDOW) >> ${shift.l3});
}

static uint64_t *l2_of(uint8_t *pt, uint64_t gva)
{
	return (uint64_t *)(pt + ${l2} * PAGE) + (gva >> ${shift.l2}) % ${entries};
}

static uint64_t *l1_of(uint8_t *pt, uint64_t gva)
{
	return (uint64_t *)(pt + ${l1} * PAGE) + (gva >> ${shift.l1}) % ${entries};
}
`;
}

function mapRegion(granule: Granule): string {
  const { l2 } = ARM_TABLES[granule];
  const tableBytes = GRANULE_PAGES[granule] * PAGE_SIZE;
  return c`
static void map_region(int number)
{
	const struct region *region = &regions[number];

	for (int page = 0; page < region->pages; page += LEAF_PAGES) {
		uint64_t gva = GVA(number, page, 0);
		uint64_t *leaf = l3_of(initial_tables, gva);
		uint64_t table = ((uint8_t *)leaf - initial_tables) & ~${hexText(tableBytes - 1)}ull;

		*leaf = (region->gpa + page * PAGE) | LEAF;
		*l2_of(initial_tables, gva) = (regions[PT].gpa + table) | TABLE;
		*l1_of(initial_tables, gva) = (regions[PT].gpa + ${l2} * PAGE) | TABLE;
	}
}
`;
}

const CODE_TABLES = c`
static void put(uint64_t gpa, uint64_t value)
{
	*(uint64_t *)(code + gpa) = value;
}

/* The tables of TTBR1, in pages of 4 KiB: the code, which both exception levels may run, and the doorbell. */
static void map_code(void)
{
	put(UPPER_L1, CODE_L2 | 3);
	put(CODE_L2, CODE_L3 | 3);
	for (uint64_t gpa = GUEST_CODE; gpa < CODE_BYTES; gpa += PAGE)
		put(CODE_L3 + gpa / PAGE * 8, gpa | 0x7c7);	/* read-only, EL0 */
	put(CODE_L2 + (DOORBELL >> 21) * 8, DOORBELL_L3 | 3);
	put(DOORBELL_L3, DOORBELL | 3ull << 53 | 0x443);	/* device memory, EL0, not executable */
}
`;

const ALIAS = c`
/* A second view of "pt", through which the guest edits the entries that map its data. */
static void map_alias(void)
{
	put(UPPER_L1 + (regions[PT].gpa >> 30) * 8, ALIAS_L2 | 3);
	put(ALIAS_L2, ALIAS_L3 | 3);
	for (int page = 0; page < PT_PAGES; page++)
		put(ALIAS_L3 + 8 * page, (regions[PT].gpa + page * PAGE) | 3ull << 53 | 0x747);
}

static uint64_t alias_of(uint64_t *entry)
{
	return UPPER(regions[PT].gpa) + ((uint8_t *)entry - regions[PT].hva);
}
`;

export function tableFragments({ granule }: ArmConfig): readonly Fragment[] {
  return [
    fragment('l3_of l2_of l1_of', entryFunctions(granule)),
    fragment('map_region', mapRegion(granule)),
    fragment('put map_code', CODE_TABLES),
    fragment('map_alias alias_of', ALIAS),
  ];
}
