// The cases of corpus/uffd/unit-tests: what the kernel's uffd-unit-tests assert, on each kind of memory that they run on.
import { unitTestTable } from './uffdUnitTests.mjs';

export const ALL = ['anon', 'shmem', 'shmem_private', 'hugetlb', 'hugetlb_private'];
const FILE = ['shmem', 'hugetlb'];
const PAGES = 2;

const WORDS = {
  anon: 'anonymous memory',
  shmem: 'shmem',
  shmem_private: 'a private mapping of shmem',
  hugetlb: 'hugetlb',
  hugetlb_private: 'a private mapping of hugetlb',
};

export const isShared = (memory) => memory === 'shmem' || memory === 'hugetlb';
export const isHuge = (memory) => memory.startsWith('hugetlb');
export const range = (page, pages = 1, flaw = 'none') => ({ page, pages, flaw });
export const call = (ioctl, where, mode = [], source = 0) => ({ kind: 'ioctl', ioctl, range: where, mode, source });
export const read = (page, thread = 0) => ({ kind: 'access', thread, op: 'read', page, word: thread, value: '0x0' });
export const write = (page, thread = 0) => ({ kind: 'access', thread, op: 'write', page, word: thread, value: '0x1' });
export const advise = (advice, where, thread = 0) => ({
  kind: 'advise',
  thread,
  advice,
  range: where,
  hold: false,
});
export const whole = range(0, PAGES);
export const register = (...mode) => call('register', whole, mode);
const CHILD = 3;
const fork = { kind: 'fork' };
const byChild = (step) => ({ ...step, descriptor: 'child' });
const shake = (changes) => ({
  kind: 'api',
  fresh: true,
  version: 'known',
  features: [],
  unknownFeature: false,
  ...changes,
});

/** The tests of the kernel's table. `note` says what it asserts and what is otherwise here. */
const TESTS = [
  {
    slug: 'handshake',
    words: 'The handshake refuses what it does not know, and a second one',
    kinds: ['anon'],
    opens: ['syscall', 'device'],
    note: 'userfaultfd test: UFFDIO_API with a wrong version, with an unknown feature, right, and again.',
    rules: ['api.version', 'api.unknown-feature', 'api.answers', 'api.twice'],
    steps: () => [shake({ version: 'unknown' }), shake({ unknownFeature: true }), shake({}), shake({ fresh: false })],
  },
  {
    slug: 'register-ioctls',
    words: 'A registration returns the ioctls that the memory and the modes allow',
    kinds: ALL,
    note: 'uffd_register_detect_zeropage and the ioctls that every test expects of its registration.',
    rules: ['register.works', 'register.ioctls'],
    steps: (memory) => [
      register('missing'),
      call('unregister', whole),
      register('missing', 'wp'),
      ...(memory === 'anon' ? [] : [call('unregister', whole), register('missing', 'minor')]),
    ],
  },
  {
    slug: 'zeropage',
    words: 'UFFDIO_ZEROPAGE answers a fault once, and not on hugetlb',
    kinds: ALL,
    note: 'zeropage: the first call works where the registration offers it, the second is EEXIST; EINVAL elsewhere.',
    rules: (memory) => (isHuge(memory) ? ['zeropage.hugetlb'] : ['zeropage.content', 'zeropage.exists', 'fill.wakes']),
    steps: () => [register('missing'), read(0), call('zeropage', range(0)), call('zeropage', range(0))],
  },
  {
    slug: 'wp-unpopulated',
    words: 'Pages without content are write-protected, and lose it when they are dropped or let go',
    kinds: ['anon'],
    features: ['wp_unpopulated'],
    note: 'wp-unpopulated: the pagemap shows the protection of a page that is not there, and of what a read brings.',
    rules: ['writeprotect.unpopulated', 'writeprotect.mark-kept', 'pagemap.wp', 'fault.wp'],
    steps: () => [register('wp'), call('writeprotect', whole, ['wp']), read(0), write(0), write(1, 1)],
  },
  {
    slug: 'wp-unpopulated-drop',
    words: 'Protection of anonymous memory goes with the page',
    kinds: ['anon'],
    features: ['wp_unpopulated'],
    note: 'wp-unpopulated: MADV_DONTNEED takes the protection of a page that is there, and the mark of one that is not.',
    rules: ['advise.dontneed', 'advise.dontneed-wp', 'pagemap.present'],
    steps: () => [register('wp'), call('writeprotect', whole, ['wp']), read(0), advise('dontneed', whole), write(0)],
  },
  {
    slug: 'minor',
    words: 'A minor fault maps what the page cache holds',
    kinds: FILE,
    content: 'cached',
    note: 'minor: the pages are written through another mapping, a read faults, UFFDIO_CONTINUE maps them.',
    rules: ['fault.minor', 'continue.content', 'continue.exists', 'fault.value'],
    steps: () => [
      register('minor'),
      read(0),
      call('continue', range(0)),
      call('continue', range(0)),
      read(1),
      call('continue', range(1)),
    ],
  },
  {
    slug: 'minor-wp',
    words: 'UFFDIO_CONTINUE places a page write-protected',
    kinds: FILE,
    content: 'cached',
    note: 'minor-wp: the same with UFFDIO_CONTINUE_MODE_WP, and a write that faults once more.',
    rules: ['fault.minor', 'copy.wp', 'fault.wp', 'writeprotect.unprotects'],
    steps: () => [
      register('minor', 'wp'),
      read(0),
      call('continue', range(0), ['wp']),
      write(0),
      call('writeprotect', range(0)),
    ],
  },
  {
    slug: 'sigbus',
    words: 'An access that would wait gets a SIGBUS until somebody brings the page',
    kinds: ALL,
    features: ['sigbus'],
    note: 'sigbus: reads and writes of missing pages, then UFFDIO_COPY and the same again.',
    rules: ['fault.sigbus', 'copy.content'],
    steps: () => [register('missing'), read(0), write(0), call('copy', whole), read(0), write(1, 1)],
  },
  {
    slug: 'sigbus-wp',
    words: 'A write to a protected page gets a SIGBUS',
    kinds: ALL,
    features: ['sigbus'],
    note: 'sigbus-wp: the pages are copied write-protected.',
    rules: ['fault.sigbus', 'copy.wp'],
    steps: () => [
      register('missing', 'wp'),
      call('copy', whole, ['wp']),
      write(0),
      call('writeprotect', whole),
      write(0),
    ],
  },
  {
    slug: 'move',
    words: 'UFFDIO_MOVE answers a fault with a page from elsewhere',
    kinds: ['anon'],
    contents: ['hole', 'mapped'],
    note: 'move: a read faults, the page next to it is moved there, and nothing is left behind.',
    rules: ['move.content', 'fill.wakes', 'fault.missing'],
    steps: () => [register('missing'), read(0), call('move', range(0), [], 1), read(1, 1), call('zeropage', range(1))],
  },
  {
    slug: 'mmap-changing',
    words: 'Calls are EAGAIN while an event about the memory waits to be read',
    kinds: ['shmem'],
    content: 'mapped',
    features: ['event_remove'],
    note: 'mmap-changing: a thread is in MADV_REMOVE, and waits for the reader of its event while the calls are made. One call for each.',
    rules: ['event.again', 'event.waits', 'event.remove'],
    steps: () => [
      register('missing', 'wp', 'minor'),
      ...['copy', 'zeropage', 'continue', 'poison', 'writeprotect'].flatMap((ioctl) => [
        { ...advise('remove', range(0)), hold: true },
        call(ioctl, range(0)),
      ]),
    ],
  },
  {
    slug: 'poison',
    words: 'A poisoned page gives a SIGBUS, and its neighbour does not',
    kinds: ALL,
    note: 'poison: every other page is poisoned instead of copied.',
    rules: ['poison.works', 'fault.poisoned', 'copy.content'],
    steps: () => [register('missing'), read(0), call('poison', range(0)), read(1, 1), call('copy', range(1)), read(0)],
  },
  {
    slug: 'wp-fork',
    words: 'A child loses the write protection of its parent',
    kinds: ALL,
    content: 'mapped',
    note: 'wp-fork: a page is protected, and in the forked child it is not; it is let go and written.',
    rules: (memory) => ['fork.forgets', FILE.includes(memory) ? 'fork.tables' : 'fork.drops-wp'],
    steps: () => [
      register('wp'),
      call('writeprotect', range(0), ['wp']),
      fork,
      write(0, CHILD),
      call('writeprotect', range(0)),
      write(0),
    ],
  },
  {
    slug: 'wp-fork-with-event',
    words: 'A child with a userfaultfd of its own keeps the write protection of its parent',
    kinds: ALL,
    content: 'mapped',
    features: ['event_fork'],
    note: "wp-fork-with-event: the same, and the child's page is protected; a write to it is a message on the child's descriptor.",
    rules: ['fork.event', 'fork.inherits', 'fork.keeps-wp', 'fault.wp'],
    steps: () => [
      register('wp'),
      call('writeprotect', range(0), ['wp']),
      fork,
      write(0, CHILD),
      byChild(call('writeprotect', range(0))),
      call('writeprotect', range(0)),
      write(0),
    ],
  },
  {
    slug: 'sigbus-fork',
    words: 'A child gets a SIGBUS where its parent would',
    kinds: ALL,
    features: ['sigbus', 'event_fork'],
    note: 'sigbus: the second half, in which a forked child touches the missing pages.',
    rules: ['fork.inherits', 'fault.sigbus'],
    steps: () => [register('missing'), fork, read(0, CHILD), write(1, CHILD)],
  },
  {
    slug: 'sigbus-wp-fork',
    words: 'A child gets a SIGBUS for what was copied write-protected',
    kinds: ALL,
    features: ['sigbus', 'event_fork'],
    note: 'sigbus-wp: the second half, in which a forked child touches the missing pages, and a protected one.',
    rules: ['fork.inherits', 'fault.sigbus', 'copy.wp'],
    steps: () => [
      register('missing', 'wp'),
      fork,
      write(0, CHILD),
      byChild(call('copy', range(0), ['wp'])),
      write(0, CHILD),
    ],
  },
  {
    slug: 'events-fork',
    words: "A child's faults are answered on the descriptor that came with the fork",
    kinds: ALL,
    features: ['event_fork'],
    note: 'events: the message of the fork, and the missing pages of the child. Its mremap and its madvise are cases of their own.',
    rules: ['fork.event', 'fork.inherits', 'fault.missing', 'copy.content', 'child.gone'],
    steps: () => [
      register('missing'),
      fork,
      read(0, CHILD),
      byChild(call('copy', range(0))),
      write(0, CHILD),
      { kind: 'exit' },
      byChild(call('copy', range(1))),
    ],
  },
  {
    slug: 'events-wp-fork',
    words: "A child's missing and protected pages are answered on the descriptor that came with the fork",
    kinds: ALL,
    features: ['event_fork'],
    note: 'events-wp: the message of the fork, and the pages of the child, which are copied write-protected.',
    rules: ['fork.event', 'fork.inherits', 'fault.missing', 'copy.wp', 'fault.wp', 'writeprotect.unprotects'],
    steps: () => [
      register('missing', 'wp'),
      fork,
      read(0, CHILD),
      byChild(call('copy', range(0), ['wp'])),
      write(0, CHILD),
      byChild(call('writeprotect', range(0))),
    ],
  },
];

/** File name and content of a test's case on one kind of memory, or by one way to open. */
export function caseOf(test, memory, open) {
  const { slug, words, note, rules, features = [], content = 'hole', contents, steps } = test;
  const name = test.opens === undefined ? memory : open;
  const ids = typeof rules === 'function' ? rules(memory) : rules;
  const value = {
    schema: 1,
    kind: 'pinned',
    family: 'uffd',
    title: `${words}: ${test.opens === undefined ? WORDS[memory] : `by ${open === 'device' ? '/dev/userfaultfd' : 'the system call'}`}`,
    note,
    rules: ids.map((id) => ({ id })),
    scenario: {
      schema: 1,
      family: 'uffd',
      config: { memory, open, features, content: contents ?? Array.from({ length: PAGES }, () => content) },
      steps: steps(memory),
    },
  };
  return [`${slug}-${name.replaceAll('_', '-')}.json`, value];
}

function cases() {
  return new Map(
    TESTS.flatMap((test) =>
      test.kinds.flatMap((memory) => (test.opens ?? ['syscall']).map((open) => caseOf(test, memory, open))),
    ),
  );
}

function readme() {
  const rows = TESTS.map(
    ({ slug, words, kinds, opens }) => `| \`${slug}\` | ${words} | ${(opens ?? kinds).join(', ')} |`,
  );
  return [
    '# The unit tests of userfaultfd',
    '',
    "What the kernel's `tools/testing/selftests/mm/uffd-unit-tests.c` asserts, as cases that pin the rule behind each assertion. Written by",
    '`node scripts/pin.mjs` from `scripts/pin/uffd.mjs`.',
    '',
    '| test | what it asserts | on |',
    '| ---- | --------------- | -- |',
    ...rows,
    '',
    '## Test by test',
    '',
    'Which case stands for which test of the kernel on which kind of memory. A test that does not run on a kind has an empty cell.',
    '',
    ...unitTestTable(cases()),
    '',
  ].join('\n');
}

export const UFFD_CASES = { family: 'uffd', directory: 'unit-tests', readme, cases };
