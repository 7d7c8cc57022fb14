const RELEASE = /^(\d+)\.(\d+)(?:\.(\d+))?(?:[-+_.].*)?$/;

/** A kernel release as `uname -r` prints it: `6.12`, `6.12.9-arch1-1`, `6.13-rc2`. */
export function isRelease(text: string): boolean {
  return RELEASE.test(text);
}

/**
 * Negative: `a` is older than `b`. Only version, patch level and sublevel count, so a release candidate is as new as its
 * release (what a merge window brought is in -rc1), and suffixes of distributions are equal.
 */
export function compareReleases(a: string, b: string): number {
  const theirs = numbers(b);
  const differences = numbers(a).map((number, i) => number - (theirs[i] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

function numbers(release: string): number[] {
  return (RELEASE.exec(release)?.slice(1, 4) ?? []).map((part: string | undefined) => Number(part ?? 0));
}
