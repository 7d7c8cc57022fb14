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
export const twice = rule(
  'api.twice',
  'contract',
  'A second UFFDIO_API on one descriptor is EINVAL, and clears the structure.',
  `${MAN}, UFFDIO_API`,
);
