import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installDirectory, cacheDirectory } from '../../../src/driver/targets/cache.js';
import { cachedReleases, fetchKernel, listKernels } from '../../../src/driver/targets/debian.js';
import { temporaryDirectory } from '../../support/temporary.js';

const directory = temporaryDirectory();

/** A cache after a look at Debian today, which so far has fetched one kernel. */
function filledCache(problems: readonly string[] = []): string {
  const kernels = ['7.3.4+deb13-cloud-arm64', '6.12.107+deb13-cloud-arm64', '6.12.95+deb12-cloud-arm64'].map(
    (release) => ({ release, version: '1', suite: 'sid', packages: [`linux-image-${release}-unsigned`] }),
  );
  directory.write('arm64/.apt/kernels.json', JSON.stringify({ arch: 'arm64', kernels, problems }));
  directory.write('arm64/6.12.107+deb13-cloud-arm64/vmlinuz', 'image');
  directory.write('arm64/.new-1-abc/vmlinuz', 'half of an image');
  return directory.path;
}

test('the cache is below XDG_CACHE_HOME, or the home directory', () => {
  expect(cacheDirectory('kernels', { XDG_CACHE_HOME: '/var/cache/me' })).toBe('/var/cache/me/faultline/kernels');
  expect(cacheDirectory('kernels', { XDG_CACHE_HOME: 'relative' })).toMatch(/\/\.cache\/faultline\/kernels$/);
  expect(cacheDirectory('kernels', {})).toMatch(/^\/.*\/\.cache\/faultline\/kernels$/);
});

test('what is in the cache needs no network: by release and by series', async () => {
  const cache = filledCache();
  expect(cachedReleases('arm64', cache)).toEqual(['6.12.107+deb13-cloud-arm64']);
  expect(cachedReleases('amd64', cache)).toEqual([]);
  const kernel = {
    arch: 'arm64',
    release: '6.12.107+deb13-cloud-arm64',
    image: join(cache, 'arm64/6.12.107+deb13-cloud-arm64/vmlinuz'),
    modules: join(cache, 'arm64/6.12.107+deb13-cloud-arm64/modules'),
  };
  expect(await fetchKernel('arm64', '6.12', { cache })).toEqual(kernel);
  expect(await fetchKernel('arm64', '6.12.107+deb13-cloud-arm64', { cache })).toEqual(kernel);
});

test('the lists of a day are used for that day', async () => {
  const kernels = await listKernels('arm64', { cache: filledCache() });
  expect(kernels.map(({ release }) => release)).toContain('6.12.95+deb12-cloud-arm64');
});

test('an unknown release is refused with those that there are', async () => {
  const cache = filledCache(['trixie has no Release file']);
  await expect(fetchKernel('arm64', '5.4', { cache })).rejects.toThrow(
    'Debian has no kernel 5.4 for arm64; it has newest, a series such as 6.12, and 7.3.4+deb13-cloud-arm64, ' +
      '6.12.107+deb13-cloud-arm64, 6.12.95+deb12-cloud-arm64; not all suites could be read: trixie has no Release file',
  );
});

test('a directory is installed completely or not at all, and once', async () => {
  const path = join(directory.path, 'kernels', 'one');
  await expect(
    installDirectory(path, (temporary) => {
      writeFileSync(join(temporary, 'half'), '');
      return Promise.reject(new Error('the network is gone'));
    }),
  ).rejects.toThrow('the network is gone');
  expect(readdirSync(join(directory.path, 'kernels'))).toEqual([]);

  const install = (text: string): Promise<void> =>
    installDirectory(path, async (temporary) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      writeFileSync(join(temporary, 'image'), text);
    });
  await Promise.all([install('first'), install('second')]);
  expect(['first', 'second']).toContain(readFileSync(join(path, 'image'), 'utf8'));
  expect(readdirSync(join(directory.path, 'kernels'))).toEqual(['one']);
});

test('what a killed process left behind is removed', async () => {
  // No process has a number above the limit of the kernel.
  const abandoned = directory.write('kernels/.new-4194305-x/half', '');
  const running = directory.write(`kernels/.new-${process.pid}-x/half`, '');
  await installDirectory(join(directory.path, 'kernels', 'one'), () => Promise.resolve());
  expect(existsSync(abandoned)).toBe(false);
  expect(existsSync(running)).toBe(true);
});
