import { MAN, rule } from './book.js';

export const answers = rule(
  'api.answers',
  'contract',
  'UFFDIO_API returns all features and ioctls of the kernel, whatever was asked for.',
  `${MAN}, UFFDIO_API`,
);
export const version = rule(
  'api.version',
  'contract',
  'UFFDIO_API with an unknown version is EINVAL, and clears the structure.',
  `${MAN}, UFFDIO_API`,
);
export const unknown = rule(
  'api.unknown-feature',
  'contract',
  'UFFDIO_API with a feature that the kernel does not have is EINVAL, and clears the structure.',
  `${MAN}, UFFDIO_API`,
);
export const privilege = rule(
  'api.privilege',
  'contract',
  'UFFDIO_API with UFFD_FEATURE_EVENT_FORK by who lacks CAP_SYS_PTRACE is EPERM, and clears the structure.',
  `${MAN}, UFFDIO_API`,
);
export const privilegeFirst = rule(
  'api.privilege-first',
  'implementation',
  'A lack of privilege comes before a lack of features, and on older kernels behind it.',
  'fs/userfaultfd.c, userfaultfd_api; it is probed',
);
export const twice = rule(
  'api.twice',
  'contract',
  'A second UFFDIO_API on one descriptor is EINVAL, and clears the structure.',
  `${MAN}, UFFDIO_API`,
);
