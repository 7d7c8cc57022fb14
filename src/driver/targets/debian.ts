import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { oneLine } from '../../util/text.js';
import { PrivateApt } from './apt.js';
import { ARCHES, type Arch } from './arch.js';
import { installDirectory, cacheDirectory, replaceFile } from './cache.js';
import { isSeries, KernelPackageScanner, kernelsOf, pickRelease, type DebianKernel } from './debianIndex.js';
import { TargetError } from './error.js';
import { run } from './programs.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const RECENT_MS = 10 * 60 * 1000;
const SHOWN_RELEASES = 12;

/** A kernel in the cache, ready to boot. */
export interface FetchedKernel {
  readonly arch: Arch;
  readonly release: string;
  /** Path of the image that QEMU loads. */
  readonly image: string;
  /** Path of the directory with the modules: what is `/lib/modules/<release>` elsewhere. */
  readonly modules: string;
}

/** Where kernels are kept, and who hears what is going on. */
export interface FetchOptions {
  readonly cache?: string;
  /** Gets a line before each thing that takes time. */
  readonly onProgress?: (line: string) => void;
}

const Index = v.object({
  arch: v.picklist(ARCHES),
  kernels: v.array(
    v.object({ release: v.string(), version: v.string(), suite: v.string(), packages: v.array(v.string()) }),
  ),
  problems: v.array(v.string()),
});
type Index = v.InferOutput<typeof Index>;

/**
 * The kernels of Debian for an architecture, the newest first. The lists of packages are fetched at most once a day.
 *
 * @throws {TargetError} when they cannot be fetched and none are here.
 */
export async function listKernels(arch: Arch, options: FetchOptions = {}): Promise<readonly DebianKernel[]> {
  return (await currentIndex(arch, options)).kernels;
}

/** The releases in the cache that can be used without the network, in no order. */
export function cachedReleases(arch: Arch, cache = cacheDirectory('kernels')): string[] {
  const directory = join(cache, arch);
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => !name.startsWith('.') && existsSync(join(directory, name, 'vmlinuz')));
}

/**
 * Gets a kernel into the cache, unless it is there.
 *
 * A series means the release that the last look at the lists found, so that runs of one day, or without a network, mean
 * the same one; {@link listKernels} looks again after a day.
 *
 * @param wanted an exact release, a series such as `6.12`, or `newest`.
 * @throws {TargetError} with the releases there are, when this is none of them, or with what failed.
 */
export async function fetchKernel(arch: Arch, wanted: string, options: FetchOptions = {}): Promise<FetchedKernel> {
  const cache = options.cache ?? cacheDirectory('kernels');
  const cached = cachedReleases(arch, cache);
  const known = isSeries(wanted) ? readIndex(arch, cache)?.kernels.map(({ release }) => release) : cached;
  const release = pickRelease(known ?? [], wanted);
  if (release !== undefined && cached.includes(release)) return kernelAt(arch, release, cache);
  let index: Index;
  try {
    index = await currentIndex(arch, options);
  } catch (error) {
    const older = isSeries(wanted) ? pickRelease(cached, wanted) : undefined;
    if (older === undefined || !(error instanceof TargetError)) throw error;
    options.onProgress?.(`using ${older} from the cache: ${error.message}`);
    return kernelAt(arch, older, cache);
  }
  return kernelAt(arch, await installed(index, wanted, cache, options), cache);
}

/** Installs the release that a word means and returns it. */
async function installed(index: Index, wanted: string, cache: string, options: FetchOptions): Promise<string> {
  const { arch } = index;
  const kernel = wantedKernel(index, wanted);
  if (cachedReleases(arch, cache).includes(kernel.release)) return kernel.release;
  try {
    await install(arch, kernel, cache, options);
    return kernel.release;
  } catch (error) {
    // Debian removes a kernel when there is a newer one, and the lists may be from before.
    if (!(error instanceof TargetError) || indexAgeMs(arch, cache) < RECENT_MS) throw error;
    return installed(await newIndex(arch, cache, options), wanted, cache, options);
  }
}

function wantedKernel(index: Index, wanted: string): DebianKernel {
  const releases = index.kernels.map(({ release }) => release);
  const release = pickRelease(releases, wanted);
  const kernel = index.kernels.find((candidate) => candidate.release === release);
  if (kernel !== undefined) return kernel;
  const cloud = releases.filter((name) => name.includes('-cloud-'));
  const shown = cloud.slice(0, SHOWN_RELEASES).join(', ');
  const more = cloud.length > SHOWN_RELEASES ? ` and ${cloud.length - SHOWN_RELEASES} more` : '';
  const missing = index.problems.length === 0 ? '' : `; not all suites could be read: ${index.problems.join('; ')}`;
  throw new TargetError(
    `Debian has no kernel ${oneLine(wanted, 80)} for ${index.arch}; it has newest, a series such as 6.12, and ${shown}${more}${missing}`,
  );
}

function kernelAt(arch: Arch, release: string, cache: string): FetchedKernel {
  const directory = join(cache, arch, release);
  return { arch, release, image: join(directory, 'vmlinuz'), modules: join(directory, 'modules') };
}

function aptDirectory(arch: Arch, cache: string): string {
  return join(cache, arch, '.apt');
}

function indexPath(arch: Arch, cache: string): string {
  return join(aptDirectory(arch, cache), 'kernels.json');
}

/** The result of the last look at the lists, however old. What cannot be read is made anew. */
function readIndex(arch: Arch, cache: string): Index | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(indexPath(arch, cache), 'utf8'));
    const { success, output } = v.safeParse(Index, json);
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}

async function currentIndex(arch: Arch, options: FetchOptions): Promise<Index> {
  const cache = options.cache ?? cacheDirectory('kernels');
  const known = readIndex(arch, cache);
  return known !== undefined && indexAgeMs(arch, cache) < DAY_MS ? known : newIndex(arch, cache, options);
}

function indexAgeMs(arch: Arch, cache: string): number {
  return Date.now() - statSync(indexPath(arch, cache)).mtimeMs;
}

async function newIndex(arch: Arch, cache: string, options: FetchOptions): Promise<Index> {
  options.onProgress?.(`fetching the lists of Debian's packages for ${arch}`);
  const apt = new PrivateApt(aptDirectory(arch, cache), arch);
  const problems = await apt.update();
  const packages = [];
  for (const list of await apt.lists()) {
    const scanner = new KernelPackageScanner(list.suite);
    await apt.read(list, (text) => {
      scanner.push(text);
    });
    scanner.end();
    packages.push(...scanner.found);
  }
  const index: Index = {
    arch,
    kernels: kernelsOf(packages).map((kernel) => ({ ...kernel, packages: [...kernel.packages] })),
    problems,
  };
  replaceFile(indexPath(arch, cache), `${JSON.stringify(index, null, 2)}\n`);
  return index;
}

async function install(arch: Arch, kernel: DebianKernel, cache: string, options: FetchOptions): Promise<void> {
  const { release, version, packages } = kernel;
  options.onProgress?.(`downloading Linux ${release} for ${arch} from Debian ${kernel.suite}`);
  await installDirectory(join(cache, arch, release), async (temporary) => {
    const apt = new PrivateApt(aptDirectory(arch, cache), arch);
    await apt.download(
      packages.map((name) => `${name}=${version}`),
      temporary,
    );
    const unpacked = join(temporary, 'unpacked');
    for (const name of readdirSync(temporary).filter((file) => file.endsWith('.deb'))) {
      const { status, stderr } = await run('dpkg-deb', ['-x', join(temporary, name), unpacked]);
      if (status !== 0) throw new TargetError(`the package ${name} cannot be unpacked: ${oneLine(stderr.trim())}`);
      rmSync(join(temporary, name));
    }
    takeKernel(unpacked, temporary, kernel);
    rmSync(unpacked, { recursive: true });
  });
}

/** Moves what is needed of the unpacked packages to its place. */
function takeKernel(unpacked: string, directory: string, kernel: DebianKernel): void {
  const { release } = kernel;
  const first = (...paths: readonly string[]): string | undefined =>
    paths.map((path) => join(unpacked, path)).find((path) => existsSync(path));
  // The modules folder is under /usr since Debian 13, and holds the image since Linux 7.0.
  const modules = first(`usr/lib/modules/${release}`, `lib/modules/${release}`);
  const inModules = `usr/lib/modules/${release}`;
  const image = first(`boot/vmlinuz-${release}`, `${inModules}/vmlinuz.unsigned`, `${inModules}/vmlinuz`);
  if (image === undefined || modules === undefined)
    throw new TargetError(
      `the packages ${kernel.packages.join(', ')} have no ${image === undefined ? 'kernel image' : 'modules'}: try another release`,
    );
  renameSync(image, join(directory, 'vmlinuz'));
  const config = first(`boot/config-${release}`, `${inModules}/config`);
  if (config !== undefined) cpSync(config, join(directory, 'config'));
  renameSync(modules, join(directory, 'modules'));
  writeFileSync(join(directory, 'kernel.json'), `${JSON.stringify(kernel, null, 2)}\n`);
}
