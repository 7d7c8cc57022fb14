// The table of the kernel's selftest page_fault_test, and what the cases made from it have in common.

/** They write without a valid syndrome on aarch64. */
export const SILENT = new Set(['guest_dc_zva', 'guest_cas', 'guest_st_preidx']);

const silent = (access) => (SILENT.has(access) ? '_NO_SYNDROME' : '');

/**
 * The macros of the table by the slug of their cases, each with its rows in the order of the table. `af` is given where all
 * rows have the same; a row that differs from `with_af` says so behind a slash.
 */
const TABLE = {
  access: {
    macro: () => 'TEST_ACCESS',
    arguments: ({ access, af }) => `${access}, ${af}, CMD_NONE`,
    rows: 'guest_read64 guest_ld_preidx guest_cas guest_write64 guest_st_preidx guest_dc_zva guest_exec',
  },
  hole: {
    macro: () => 'TEST_ACCESS',
    arguments: ({ access, af }) => `${access}, ${af}, CMD_HOLE_DATA`,
    af: 'no_af',
    rows: 'guest_read64 guest_cas guest_ld_preidx guest_write64 guest_st_preidx guest_at guest_dc_zva',
  },
  uffd: {
    macro: () => 'TEST_UFFD',
    arguments: ({ access, af }) => `${access}, ${af}, CMD_HOLE_DATA | CMD_HOLE_PT`,
    rows: 'guest_read64 guest_read64/no_af guest_cas guest_at/no_af guest_ld_preidx guest_write64 guest_dc_zva guest_st_preidx guest_exec',
  },
  'dirty-log': {
    macro: () => 'TEST_DIRTY_LOG',
    arguments: ({ access, af }) => `${access}, ${af}`,
    rows: 'guest_read64 guest_read64/no_af guest_ld_preidx guest_at/no_af guest_exec guest_write64 guest_cas guest_dc_zva guest_st_preidx',
  },
  'uffd-and-dirty-log': {
    macro: () => 'TEST_UFFD_AND_DIRTY_LOG',
    arguments: ({ access, af }) => `${access}, ${af}`,
    rows: 'guest_read64 guest_read64/no_af guest_ld_preidx guest_at guest_exec guest_write64 guest_cas guest_dc_zva guest_st_preidx',
  },
  'read-only': {
    macro: (access) => `TEST_RO_MEMSLOT${silent(access)}`,
    arguments: ({ access }) => access,
    af: 'no_af',
    rows: 'guest_read64 guest_ld_preidx guest_at guest_exec guest_write64 guest_dc_zva guest_cas guest_st_preidx',
  },
  'read-only-and-dirty-log': {
    macro: (access) => `TEST_RO_MEMSLOT${silent(access)}_AND_DIRTY_LOG`,
    arguments: ({ access }) => access,
    af: 'no_af',
    rows: 'guest_read64 guest_ld_preidx guest_at guest_exec guest_write64 guest_dc_zva guest_cas guest_st_preidx',
  },
  'read-only-and-uffd': {
    macro: (access) => `TEST_RO_MEMSLOT${silent(access)}_AND_UFFD`,
    arguments: ({ access }) => access,
    af: 'no_af',
    rows: 'guest_read64 guest_ld_preidx guest_at guest_exec guest_write64 guest_cas guest_dc_zva guest_st_preidx',
  },
};

/**
 * Every row of the selftest's table with its number.
 *
 * @param groups what an architecture says of each macro, by slug; `extra` names accesses that the selftest does not have.
 */
export function rowsOfTable(groups) {
  let number = 0;
  return Object.entries(TABLE).flatMap(([slug, { macro, arguments: argumentsOf, af: always, rows }]) => {
    const group = { slug, af: always, ...groups[slug] };
    const numbered = rows.split(' ').map((text) => {
      const [access, af = always ?? 'with_af'] = text.split('/');
      return { access, af, group, number: ++number, name: `${macro(access)}(${argumentsOf({ access, af })})` };
    });
    return [...numbered, ...(group.extra ?? []).map((access) => ({ access, af: always ?? 'with_af', group }))];
  });
}

export const MISSING = {
  missing: true,
  minor: false,
  wp: false,
  missingAnswers: ['copy'],
  minorAnswer: 'continue',
  wpAnswer: 'unprotect',
  delayUs: 0,
};
export const LOG = { log: true, readonly: false };
export const PLAIN = { backing: 'anon', flags: { log: false, readonly: false }, uffd: null };

export function hole(region, page, pages) {
  return { kind: 'hole', region, page, pages, how: 'dontneed' };
}

export function get(region) {
  return { kind: 'dirtyLog', action: 'get', region };
}

/** Holes in all page tables and in the first page of data. */
export const HOLES = [hole('pt', 0, 8), hole('data', 0, 1)];
