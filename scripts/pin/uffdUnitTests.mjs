// The tests of the kernel's uffd-unit-tests (Linux 6.1 to 7.3) and the kinds of memory that they run on, with the cases that stand for them. Where a case
// is listed and not there, `why` says what that leaves out.
const ALL = ['anon', 'shmem', 'shmem_private', 'hugetlb', 'hugetlb_private'];
const PIN = 'no step pins pages (gup_test)';
const HUGE = 'the memory is kept free of huge anonymous pages';
const RWP = 'UFFD_FEATURE_RWP of Linux 7.3 is not known here';
const rwp = (name, kinds = ALL) => ({ name: `rwp-${name}`, kinds, cases: [], why: RWP });

export const UNIT_TESTS = [
  { name: 'UFFDIO_API', opens: ['syscall', 'device'], cases: ['handshake'] },
  { name: 'register-ioctls', kinds: ALL, cases: ['register-ioctls'] },
  { name: 'zeropage', kinds: ALL, cases: ['zeropage'] },
  { name: 'move', kinds: ['anon'], cases: ['move'] },
  { name: 'move-pmd', kinds: ['anon'], cases: [], why: HUGE },
  { name: 'move-pmd-split', kinds: ['anon'], cases: [], why: HUGE },
  { name: 'wp-fork', kinds: ALL, cases: ['wp-fork'] },
  { name: 'wp-fork-with-event', kinds: ALL, cases: ['wp-fork-with-event'] },
  { name: 'wp-fork-pin', kinds: ALL, cases: [], why: PIN },
  { name: 'wp-fork-pin-with-event', kinds: ALL, cases: [], why: PIN },
  {
    name: 'wp-unpopulated',
    kinds: ['anon'],
    cases: ['wp-unpopulated', 'wp-unpopulated-drop'],
  },
  { name: 'minor', kinds: ['shmem', 'hugetlb'], cases: ['minor'] },
  { name: 'minor-wp', kinds: ['shmem', 'hugetlb'], cases: ['minor-wp'] },
  {
    name: 'minor-collapse',
    kinds: ['shmem'],
    cases: ['minor-collapse'],
    why: 'no step collapses pages into a huge one',
  },
  rwp('async'),
  rwp('sync'),
  rwp('pagemap'),
  rwp('mprotect'),
  rwp('gup'),
  rwp('async-toggle'),
  rwp('close'),
  rwp('fork'),
  rwp('fork-pin', ['anon']),
  rwp('swap-cow', ['anon']),
  rwp('wp-exclusive'),
  { name: 'sigbus', kinds: ALL, cases: ['sigbus', 'sigbus-fork'] },
  { name: 'sigbus-wp', kinds: ALL, cases: ['sigbus-wp', 'sigbus-wp-fork'] },
  { name: 'events', kinds: ALL, cases: ['events', 'events-fork'], why: 'no step moves or unmaps' },
  { name: 'events-wp', kinds: ALL, cases: ['events-wp', 'events-wp-fork'], why: 'no step moves or unmaps' },
  { name: 'poison', kinds: ALL, cases: ['poison'] },
  { name: 'mmap-changing', kinds: ['shmem'], cases: ['mmap-changing'] },
];

const fileOf = (slug, place) => `${slug}-${place.replaceAll('_', '-')}.json`;

/** The rows of the table: for each test and kind of memory the cases in `files`, or none, and what is missing. */
export function unitTestTable(files) {
  const listed = new Set(
    UNIT_TESTS.flatMap(({ kinds, opens, cases }) =>
      (opens ?? kinds).flatMap((place) => cases.map((slug) => fileOf(slug, place))),
    ),
  );
  const [alien] = [...files.keys()].filter((file) => !listed.has(file));
  if (alien !== undefined)
    throw new Error(`${alien} stands for no test of scripts/pin/uffdUnitTests.mjs: list it there`);
  return [
    `| test of the kernel | ${ALL.join(' | ')} | what is missing |`,
    `| --- |${' --- |'.repeat(ALL.length + 1)}`,
    ...UNIT_TESTS.map((test) => row(test, files)),
  ];
}

function row({ name, kinds, opens, cases, why = '' }, files) {
  const places = opens ?? kinds;
  const there = (place) => cases.filter((slug) => files.has(fileOf(slug, place)));
  const cell = (place) =>
    there(place)
      .map((slug) => `[${opens === undefined ? slug : place}](${fileOf(slug, place)})`)
      .join(', ') || 'none';
  const cells = ALL.map((kind) => (places.includes(kind) ? cell(kind) : ''));
  if (opens !== undefined) cells[0] = opens.map(cell).join(', ');
  const whole = cases.length > 0 && places.every((place) => there(place).length === cases.length);
  return `| \`${name}\` | ${cells.join(' | ')} | ${whole ? '' : why} |`;
}
