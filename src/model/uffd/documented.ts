/**
 * The errors that the documentation of each ioctl names: ioctl_userfaultfd(2), and UFFDIO_API(2const) to UFFDIO_MOVE(2const), which
 * took its place in man-pages 6.10. userfaultfd.rst names no other.
 */
import { API_NUMBER, IOCTLS, type IoctlName } from '../../scenario/uffd/ioctls.js';
import type { UffdProfile } from '../../scenario/uffd/profile.js';

export type UffdCall = IoctlName | 'api';

/** What ioctl_userfaultfd(2) says of all: the argument does not point to memory. */
const OF_ALL = 'EFAULT';

const DOCUMENTED: Readonly<Record<UffdCall, readonly string[]>> = {
  api: ['EINVAL', 'EPERM'],
  register: ['EBUSY', 'EINVAL'],
  unregister: ['EINVAL'],
  wake: ['EINVAL'],
  copy: ['EAGAIN', 'EINVAL', 'ENOENT', 'ENOSPC', 'ESRCH'],
  zeropage: ['EAGAIN', 'EINVAL', 'ESRCH'],
  writeprotect: ['EAGAIN', 'EINVAL', 'ENOENT'],
  continue: ['EAGAIN', 'EEXIST', 'EINVAL', 'ENOENT', 'ENOMEM', 'ESRCH'],
  poison: ['EAGAIN', 'EEXIST', 'EINVAL', 'ENOENT', 'ENOMEM', 'ESRCH'],
  move: ['EAGAIN', 'EBUSY', 'EEXIST', 'EINVAL', 'ENOENT', 'ENOMEM', 'ESRCH'],
};

/** In the order of their numbers, the handshake first. */
export const UFFD_CALLS = (Object.keys(DOCUMENTED) as UffdCall[]).sort((a, b) => order(a) - order(b));

function order(call: UffdCall): number {
  return call === 'api' ? -API_NUMBER : IOCTLS[call].number;
}

/** One way for a call to end: `ok`, or the name of an error. */
export interface DocumentedEnd {
  readonly call: UffdCall;
  readonly end: string;
  /** Why no scenario shows it on the machine. */
  readonly impossible: string | undefined;
}

/** Every way to end that the documentation names, success included. */
export function documentedEnds(profile: UffdProfile): DocumentedEnd[] {
  return UFFD_CALLS.flatMap((call) =>
    ['ok', ...DOCUMENTED[call], OF_ALL].map((end) => ({ call, end, impossible: whyNot(call, end, profile) })),
  );
}

const NEEDS = {
  writeprotect: 'pagefault_flag_wp',
  continue: 'minor_shmem',
  poison: 'poison',
  move: 'move',
} as const satisfies Partial<Record<UffdCall, keyof UffdProfile['features']>>;

function isKnown(call: UffdCall, { features }: UffdProfile): boolean {
  return !(call in NEEDS) || features[NEEDS[call as keyof typeof NEEDS]];
}

function whyNot(call: UffdCall, end: string, profile: UffdProfile): string | undefined {
  if (end !== 'EINVAL' && !isKnown(call, profile)) return 'the kernel does not have this call';
  if (end === 'ENOSPC') return 'ESRCH took its place in Linux 4.13';
  if (call === 'move' && end === 'ESRCH') return 'a process moves its own pages only, and is alive';
  // mm/page_alloc.c: small allocations that may sleep are not refused.
  if (end === 'ENOMEM') return 'the kernel kills processes before it refuses memory for page tables';
  return undefined;
}
