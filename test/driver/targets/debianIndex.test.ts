import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareReleases,
  kernelsOf,
  KernelPackageScanner,
  pickRelease,
  type ListedPackage,
} from '../../../src/driver/targets/debianIndex.js';

const MIB = 1024 * 1024;

function listed(name: string, version: string, suite: string, size = 20 * MIB): ListedPackage {
  return { name, version, suite, size };
}

const LIST = `Package: linux-image-6.1.0-50-cloud-arm64-unsigned
Source: linux
Version: 6.1.176-1
Description: Linux 6.1
 Version: not a field
Size: 21131068

Package: linux-image-6.1.0-50-cloud-arm64-dbg
Version: 6.1.176-1
Size: 900000000

Package: linuxdoc-tools
Version: 1
Size: 1

Package: linux-image-arm64
Version: 6.1.176-1
Size: 1476

Package: linux-modules-7.3.4+deb13-cloud-arm64
Version: 7.3.4-1
Size: 17974296
`;

test('packages of kernels are found however the text of a list is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(LIST.length), { maxLength: 8 }), (cuts) => {
      const scanner = new KernelPackageScanner('bookworm');
      const places = [0, ...cuts.sort((a, b) => a - b), LIST.length];
      for (let i = 1; i < places.length; i++) scanner.push(LIST.slice(places[i - 1], places[i]));
      scanner.end();
      expect(scanner.found).toEqual([
        listed('linux-image-6.1.0-50-cloud-arm64-unsigned', '6.1.176-1', 'bookworm', 21131068),
        listed('linux-modules-7.3.4+deb13-cloud-arm64', '7.3.4-1', 'bookworm', 17974296),
      ]);
    }),
  );
});

test('a kernel is one package, or image and modules of the same version; the unsigned one is preferred', () => {
  const kernels = kernelsOf([
    listed('linux-image-6.1.0-50-cloud-amd64', '6.1.176-1', 'bookworm'),
    listed('linux-image-6.1.0-50-cloud-amd64-unsigned', '6.1.176-1', 'bookworm'),
    listed('linux-image-6.18.12+deb13-cloud-amd64', '6.18.12-1', 'trixie-backports'),
    // A package of 7.x with this name only depends on the others.
    listed('linux-image-7.3.4+deb13-cloud-amd64', '7.3.4-1', 'trixie-backports', 1916),
    listed('linux-binary-unsigned-7.3.4+deb13-cloud-amd64', '7.3.4-1', 'trixie-backports'),
    listed('linux-modules-7.3.4+deb13-cloud-amd64', '7.3.4-1', 'trixie-backports'),
    listed('linux-base-7.3.4+deb13-cloud-amd64', '7.3.4-1', 'trixie-backports', 4096),
    // The modules have gone, or are of another version.
    listed('linux-binary-unsigned-7.2.1+deb13-cloud-amd64', '7.2.1-1', 'trixie-backports'),
    listed('linux-binary-unsigned-7.2.2+deb13-cloud-amd64', '7.2.2-1', 'trixie-backports'),
    listed('linux-modules-7.2.2+deb13-cloud-amd64', '7.2.2-2', 'trixie-backports'),
  ]);
  expect(kernels).toEqual([
    {
      release: '7.3.4+deb13-cloud-amd64',
      version: '7.3.4-1',
      suite: 'trixie-backports',
      packages: [
        'linux-binary-unsigned-7.3.4+deb13-cloud-amd64',
        'linux-modules-7.3.4+deb13-cloud-amd64',
        'linux-base-7.3.4+deb13-cloud-amd64',
      ],
    },
    {
      release: '6.18.12+deb13-cloud-amd64',
      version: '6.18.12-1',
      suite: 'trixie-backports',
      packages: ['linux-image-6.18.12+deb13-cloud-amd64'],
    },
    {
      release: '6.1.0-50-cloud-amd64',
      version: '6.1.176-1',
      suite: 'bookworm',
      packages: ['linux-image-6.1.0-50-cloud-amd64-unsigned'],
    },
  ]);
});

test('releases are ordered by their numbers', () => {
  const releases = ['6.12.107+deb13-cloud-arm64', '6.1.0-50-cloud-arm64', '7.2.13+deb14-cloud-arm64', '6.12.95+deb12'];
  expect(releases.sort(compareReleases)).toEqual([
    '6.1.0-50-cloud-arm64',
    '6.12.95+deb12',
    '6.12.107+deb13-cloud-arm64',
    '7.2.13+deb14-cloud-arm64',
  ]);
});

test('a word means an exact release, or the newest cloud kernel of a series or of all', () => {
  const releases = [
    '6.1.0-47-cloud-arm64',
    '6.1.0-50-cloud-arm64',
    '6.1.0-50-arm64',
    '6.12.107+deb13-cloud-arm64',
    '7.3.4+deb13-arm64-16k',
  ];
  expect(pickRelease(releases, '6.1')).toBe('6.1.0-50-cloud-arm64');
  expect(pickRelease(releases, 'newest')).toBe('6.12.107+deb13-cloud-arm64');
  expect(pickRelease(releases, '7.3.4+deb13-arm64-16k')).toBe('7.3.4+deb13-arm64-16k');
  expect(pickRelease(releases, '6.1.0')).toBeUndefined();
  expect(pickRelease(releases, '6.13')).toBeUndefined();
  expect(pickRelease([], 'newest')).toBeUndefined();
});
