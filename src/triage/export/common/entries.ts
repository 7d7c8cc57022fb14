/** Entries of the guest's page tables, read and edited by the host. */
import { c, fragment, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';

/** C functions that give an entry of a table of the window, from the leaf up. */
export type EntryFunctions = readonly [leaf: string, middle: string, top: string];

function plain([leaf, middle, top]: EntryFunctions): string {
  return c`
/* The entries that map a page, after an access to it. */
static void record_entries(int region, int page)
{
	uint64_t gva = GVA(region, page, 0);
	uint8_t *pt = regions[PT].hva;

	record(ENTRIES, HOST, gva, *${leaf}(pt, gva), *${middle}(pt, gva), *${top}(pt, gva));
}
`;
}

function cautious([leaf, middle, top]: EntryFunctions): string {
  return c`
/* An entry, unless reading it would bring its page in. */
static uint64_t entry_if_present(const uint64_t *entry)
{
	uint64_t page = 0;
	int pagemap = must(open("/proc/self/pagemap", O_RDONLY), "/proc/self/pagemap");
	bool present = pread(pagemap, &page, 8, (uintptr_t)entry / PAGE * 8) == 8 && page >> 63;

	close(pagemap);
	return present ? *entry : ABSENT;
}

/* The entries that map a page, after an access to it. */
static void record_entries(int region, int page)
{
	uint64_t gva = GVA(region, page, 0);
	uint8_t *pt = regions[PT].hva;

	record(ENTRIES, HOST, gva, entry_if_present(${leaf}(pt, gva)), entry_if_present(${middle}(pt, gva)),
	       entry_if_present(${top}(pt, gva)));
}
`;
}

function hostEdit({ sigbus }: Needs): string {
  return sigbus
    ? c`
static void host_edit(uint64_t *entry, uint64_t set, uint64_t clear)
{
	uint64_t word;

	if (read_word(entry, &word) && write_word(entry, (word | set) & ~clear))
		record_result(0);
	else
		record(SIGNAL, HOST, PT, ((uint8_t *)entry - regions[PT].hva) / PAGE, 0, 0);
}
`
    : c`
static void host_edit(volatile uint64_t *entry, uint64_t set, uint64_t clear)
{
	*entry = (*entry | set) & ~clear;
	record_result(0);
}
`;
}

export function entryFragments(needs: Needs, functions: EntryFunctions): readonly Fragment[] {
  return [
    fragment('record_entries', needs.absentEntries ? cautious(functions) : plain(functions)),
    fragment('host_edit', hostEdit(needs)),
  ];
}
