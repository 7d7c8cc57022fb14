// The cases of corpus/uffd/own-memory: what a process does to its own memory while a userfaultfd watches it.
import { ALL, advise, call, caseOf, isShared, range, read, register, whole, write } from './uffd.mjs';

const TESTS = [
  {
    slug: 'pagemap-wp',
    words: 'Protection that is taken away, is dropped or survives reclaim shows in the pagemap',
    kinds: ['anon', 'shmem', 'shmem_private'],
    content: 'mapped',
    note: 'The entry of a page that is protected and then paged out; of files, the mark that a dropped one leaves.',
    rules: ['pagemap.wp', 'advise.pageout', 'advise.dontneed-wp', 'fault.wp'],
    steps: () => [
      register('wp'),
      call('writeprotect', whole, ['wp']),
      advise('pageout', range(0)),
      advise('dontneed', range(1)),
      write(0),
    ],
  },
  {
    slug: 'dropped',
    words: 'A page that is dropped is missing again',
    kinds: ['anon', 'shmem', 'hugetlb', 'hugetlb_private'],
    content: 'mapped',
    note: 'How programs, and the tests of the kernel between their rounds, get their pages back as they were: MADV_DONTNEED, or of shared memory MADV_REMOVE.',
    rules: (memory) => [isShared(memory) ? 'advise.remove' : 'advise.dontneed', 'fault.missing', 'copy.content'],
    steps: (memory) => [
      register('missing'),
      advise(isShared(memory) ? 'remove' : 'dontneed', whole),
      read(0),
      call('copy', range(0)),
    ],
  },
  {
    slug: 'populate',
    words: 'A call that faults pages in waits for each of them',
    kinds: ALL,
    note: 'MADV_POPULATE_WRITE in a registered range, as programs that prefault their memory do.',
    rules: ['advise.populate', 'fault.missing', 'fill.wakes'],
    steps: () => [
      register('missing'),
      advise('populate_write', whole),
      call('copy', range(0)),
      call('copy', range(1)),
      read(1, 1),
    ],
  },
  {
    slug: 'remove-event',
    words: 'Whoever lets go of pages waits until the event about it is read, and nobody fills them meanwhile',
    kinds: ['anon', 'shmem', 'hugetlb', 'hugetlb_private'],
    content: 'mapped',
    features: ['event_remove'],
    note: 'UFFD_EVENT_REMOVE of MADV_DONTNEED, or of shared memory MADV_REMOVE: the page is there until the event is read, and the page after it is not.',
    rules: ['event.remove', 'event.waits', 'event.again', 'fault.missing'],
    steps: (memory) => [
      register('missing'),
      { ...advise(isShared(memory) ? 'remove' : 'dontneed', range(0)), hold: true },
      call('copy', range(0)),
      read(0, 1),
    ],
  },
];

function cases() {
  return new Map(TESTS.flatMap((test) => test.kinds.map((memory) => caseOf(test, memory, 'syscall'))));
}

function readme() {
  return [
    '# A process and its own memory',
    '',
    'What madvise(2) makes of pages, of their protection and of their marks while a userfaultfd watches, as cases. Written by `node scripts/pin.mjs` from',
    '`scripts/pin/uffdMemory.mjs`.',
    '',
    '| case | what it asserts | on |',
    '| ---- | --------------- | -- |',
    ...TESTS.map(({ slug, words, kinds }) => `| \`${slug}\` | ${words} | ${kinds.join(', ')} |`),
    '',
  ].join('\n');
}

export const UFFD_MEMORY_CASES = { family: 'uffd', directory: 'own-memory', readme, cases };
