/** A kernel that can be fetched. */
export interface DebianKernel {
  /** What `uname -r` says: `6.12.107+deb13-cloud-arm64`. */
  readonly release: string;
  /** Version of its packages: `6.12.107-1`. */
  readonly version: string;
  /** The suite that has it: `trixie-backports`. */
  readonly suite: string;
  /** Packages that are unpacked to get it, without versions. */
  readonly packages: readonly string[];
}

/** A package as a list of packages has it. */
export interface ListedPackage {
  readonly name: string;
  readonly version: string;
  /** Bytes. */
  readonly size: number;
  readonly suite: string;
}

/** Smallest package that can hold a kernel and its modules; what is smaller only depends on others. */
const SMALLEST_KERNEL = 4 * 1024 * 1024;

const KERNEL_PACKAGE = /^linux-(image|binary-unsigned|modules|base)-\d/;

/** Takes the packages of kernels out of the text of a list, which comes piece by piece. */
export class KernelPackageScanner {
  readonly found: ListedPackage[] = [];
  private rest = '';

  constructor(private readonly suite: string) {}

  push(text: string): void {
    const stanzas = (this.rest + text).split('\n\n');
    this.rest = stanzas.pop() ?? '';
    for (const stanza of stanzas) this.stanza(stanza);
  }

  end(): void {
    this.stanza(this.rest);
    this.rest = '';
  }

  private stanza(stanza: string): void {
    // Nearly all of tens of megabytes is something else.
    if (!stanza.startsWith('Package: linux-') && !stanza.startsWith('\nPackage: linux-')) return;
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
    const name = field('Package');
    if (!KERNEL_PACKAGE.test(name) || name.endsWith('-dbg')) return;
    this.found.push({ name, version: field('Version'), size: Number(field('Size')), suite: this.suite });
  }
}

/** The kernels that can be put together from packages, the newest first. */
export function kernelsOf(packages: readonly ListedPackage[]): DebianKernel[] {
  const kernels = new Map<string, DebianKernel>();
  for (const { name, version, size, suite } of packages) {
    const [, kind, release] = /^linux-(image|binary-unsigned)-(\d.*?)(?:-unsigned)?$/.exec(name) ?? [];
    if (release === undefined) continue;
    const beside = (part: string): string | undefined =>
      packages.find((other) => other.name === `linux-${part}-${release}` && other.version === version)?.name;
    const modules = beside('modules');
    // From 7.0 on the image, its modules and what describes them are packages of their own.
    const parts =
      kind === 'image' ? [name] : [name, ...(modules === undefined ? [] : [modules, ...optional(beside('base'))])];
    if (kind === 'image' ? size < SMALLEST_KERNEL : modules === undefined) continue;
    // A signed image is the same with a signature behind it; some releases have no other.
    if (kernels.has(release) && !name.includes('unsigned')) continue;
    kernels.set(release, { release, version, suite, packages: parts });
  }
  return [...kernels.values()].sort((a, b) => compareReleases(b.release, a.release));
}

function optional<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

/** Numeric order of releases: 6.1 < 6.12 < 7.0. */
export function compareReleases(a: string, b: string): number {
  const numbers = (release: string): number[] =>
    (/^\d+(?:[.-]\d+)*/.exec(release)?.[0] ?? '').split(/[.-]/).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a word stands for whichever release is the newest of a series (`6.12`) or of all. */
export function isSeries(wanted: string): boolean {
  return wanted === 'newest' || /^\d+\.\d+$/.test(wanted);
}

/**
 * The release that a word means, of those that are there: an exact release, or the newest cloud kernel of a series.
 *
 * @param wanted `6.1.0-50-cloud-arm64`, `6.1` or `newest`.
 */
export function pickRelease(releases: readonly string[], wanted: string): string | undefined {
  if (!isSeries(wanted)) return releases.find((release) => release === wanted);
  const newestFirst = releases.filter((release) => release.includes('-cloud-')).sort((a, b) => compareReleases(b, a));
  return newestFirst.find((release) => wanted === 'newest' || release.startsWith(`${wanted}.`));
}
