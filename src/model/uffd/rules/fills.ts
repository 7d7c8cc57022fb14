import { MAN, rule, UFFD } from './book.js';

export const unregistered = rule(
  'fill.unregistered',
  'contract',
  'COPY, ZEROPAGE, CONTINUE and POISON on a range that is not inside one registered mapping are ENOENT.',
  MAN,
);
export const seams = rule(
  'fill.split-hugetlb',
  'implementation',
  'A mapping of hugetlb that was split by registering a part of it stays split, and a call across the split is ENOENT.',
  'mm/vma.c: mappings that cannot be expanded are not merged',
);
export const wakes = rule(
  'fill.wakes',
  'contract',
  'COPY, ZEROPAGE, CONTINUE, POISON and MOVE wake who waits in what they filled, unless DONTWAKE says otherwise.',
  `${UFFD}; ${MAN}`,
);
export const dontWake = rule(
  'fill.dontwake',
  'contract',
  'With DONTWAKE whoever waits goes on waiting.',
  `${UFFD}; ${MAN}`,
);
export const progress = rule(
  'fill.partial',
  'contract',
  'A call that meets an obstacle after its first page is EAGAIN, and its result field says how many bytes are done.',
  MAN,
);
export const result = rule(
  'fill.result',
  'contract',
  'The result field holds the number of bytes done, or the negative error of a call that did nothing.',
  MAN,
);

export const copyContent = rule('copy.content', 'contract', 'After UFFDIO_COPY a page holds its source.', MAN);
export const copyExists = rule(
  'copy.exists',
  'contract',
  'UFFDIO_COPY to a page that is there already is EEXIST, and leaves it as it was.',
  MAN,
);
export const copyMarker = rule(
  'copy.over-marker',
  'implementation',
  'UFFDIO_COPY fills a page that is only marked, as write-protected or as poisoned.',
  'mm/userfaultfd.c, mfill_atomic_install_pte: markers count as nothing',
);
export const copyWp = rule(
  'copy.wp',
  'contract',
  'A page that UFFDIO_COPY or UFFDIO_CONTINUE placed with the WP mode is write-protected, and otherwise it is not.',
  UFFD,
);
export const copyWpNeeds = rule(
  'copy.wp-needs-wp',
  'contract',
  'The WP mode of UFFDIO_COPY or UFFDIO_CONTINUE in a range that is not registered for WP is EINVAL.',
  MAN,
);
export const zeroContent = rule('zeropage.content', 'contract', 'After UFFDIO_ZEROPAGE a page holds zeroes.', MAN);
export const zeroExists = rule(
  'zeropage.exists',
  'contract',
  'UFFDIO_ZEROPAGE of a page that is there already is EEXIST, and leaves it as it was.',
  MAN,
);
export const zeroMarker = rule(
  'zeropage.over-marker',
  'implementation',
  'UFFDIO_ZEROPAGE takes a mark of private memory for a page, and one of shared memory for nothing.',
  'mm/userfaultfd.c, mfill_atomic_pte_zeropage',
);
export const zeroHugetlb = rule(
  'zeropage.hugetlb',
  'contract',
  'There is no zero page for hugetlb: UFFDIO_ZEROPAGE is EINVAL.',
  MAN,
);
export const continueContent = rule(
  'continue.content',
  'contract',
  'UFFDIO_CONTINUE maps what the page cache holds.',
  UFFD,
);
export const continueNothing = rule(
  'continue.nothing',
  'contract',
  'UFFDIO_CONTINUE of a page that the page cache does not have is EFAULT.',
  MAN,
);
export const continueExists = rule(
  'continue.exists',
  'contract',
  'UFFDIO_CONTINUE of a page that is mapped already is EEXIST.',
  MAN,
);
export const continueAnon = rule(
  'continue.anon',
  'contract',
  'Anonymous memory has no page cache: UFFDIO_CONTINUE is EINVAL.',
  MAN,
);
export const poisonWorks = rule(
  'poison.works',
  'contract',
  'After UFFDIO_POISON the page is marked as poisoned.',
  `${UFFD}; ${MAN}`,
);
export const poisonExists = rule(
  'poison.exists',
  'contract',
  'UFFDIO_POISON of a page that is there already is EEXIST, and leaves it as it was.',
  MAN,
);
export const unknownIoctl = rule(
  'ioctl.unknown',
  'contract',
  'A call that the kernel does not have is EINVAL.',
  'fs/userfaultfd.c, userfaultfd_ioctl',
);

export const moveContent = rule(
  'move.content',
  'contract',
  'After UFFDIO_MOVE the page is where it was moved to, writable, and nothing is where it was.',
  MAN,
);
export const moveExists = rule(
  'move.exists',
  'contract',
  'UFFDIO_MOVE to a page that is there already, or marked, is EEXIST.',
  MAN,
);
export const moveHole = rule(
  'move.hole',
  'contract',
  'UFFDIO_MOVE of a page that is not there is ENOENT, unless ALLOW_SRC_HOLES passes over it.',
  MAN,
);
export const moveMark = rule(
  'move.mark',
  'implementation',
  'UFFDIO_MOVE of a page that is only marked is EFAULT.',
  'mm/userfaultfd.c, move_pages_ptes',
);
export const moveUnfit = rule(
  'move.unfit',
  'contract',
  'UFFDIO_MOVE is EINVAL unless both ranges lie in one anonymous mapping each, and the target is registered.',
  MAN,
);
export const moveNowhere = rule('move.nowhere', 'contract', 'UFFDIO_MOVE to where nothing is mapped is ENOENT.', MAN);
