import { isOutsideModels } from './bucketTitle.js';
import type { RunLeg } from './runs.js';

/** Expected meetings from which on having met none is a sign. With that many, it is missed by chance once in 150 times. */
const ENOUGH = 5;

/**
 * Whether later campaigns should have met a divergence and did not. How often they should have is estimated from how often its rules
 * decided in the campaigns that met it, per meeting.
 *
 * @param met the runs that met it.
 */
export function seemsFixed(
  divergence: { readonly signature: string; readonly rules: readonly string[]; readonly lastSeenMs: number },
  met: readonly RunLeg[],
  runs: readonly RunLeg[],
): boolean {
  const { signature, rules, lastSeenMs } = divergence;
  const meetings = sum(met, (leg) => leg.occurrences[signature] ?? 0);
  const chances = sum(met, (leg) => decisions(leg, rules));
  if (meetings === 0 || chances === 0) return false;
  const alike = runs.filter(
    (leg) =>
      leg.seenMs > lastSeenMs &&
      !met.includes(leg) &&
      met.some((other) => other.family === leg.family && sameKind(leg, other)),
  );
  return (sum(alike, (leg) => decisions(leg, rules)) * meetings) / chances >= ENOUGH;
}

/** A campaign whose machine differs in what models condition on says nothing; another kernel is what one hopes for. */
function sameKind(a: RunLeg, b: RunLeg): boolean {
  const fields = ['arch', 'kvmModule', 'paging'];
  return a.plant === b.plant && fields.every((field) => a.facts[field] === b.facts[field]);
}

/** Crashes, hangs and the kernel's log have no rule that decides: any scenario is a chance. */
function decisions({ decided, scenarios }: RunLeg, rules: readonly string[]): number {
  const ofModels = rules.filter((rule) => !isOutsideModels(rule));
  return Math.min(scenarios, ...ofModels.map((rule) => decided[rule] ?? 0));
}

function sum(legs: readonly RunLeg[], count: (leg: RunLeg) => number): number {
  return legs.reduce((total, leg) => total + count(leg), 0);
}
