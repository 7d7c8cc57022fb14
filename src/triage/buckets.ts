import type { Finding, Reproduction } from '../campaign/types.js';
import { type KnownDivergence, matchKnown, matchSomewhere } from '../corpus/known.js';
import type { LoadedCase } from '../corpus/load.js';
import type { ProfileFacts } from '../corpus/profile-facts.js';
import { signatureHash, signatureOfCase, signatureParts } from '../corpus/signature.js';
import { brokenRules } from '../oracle/verdictLine.js';
import { bucketTitle } from './bucketTitle.js';
import { seemsFixed } from './fixed.js';
import type { RunLeg } from './runs.js';

/** A finding in the corpus, and when its file was written, in milliseconds since the epoch. */
export interface DatedCase extends LoadedCase {
  readonly writtenMs: number;
}

/** A finding of a run, with where it was found. */
export interface RunFinding {
  readonly finding: Finding;
  readonly leg: RunLeg;
}

/** `fixed?`: later campaigns should have met it and did not. */
export type BucketState = 'new' | 'known' | 'fixed?';

/** All findings with one signature. */
export interface Bucket {
  /** Hash of the signature: the same everywhere, always. */
  readonly id: string;
  readonly signature: string;
  readonly family: string;
  /** Rules that broke first, and the shape of the step in which they did. */
  readonly rules: readonly string[];
  readonly shape: string;
  /** Every rule that broke in any of its findings. */
  readonly broken: readonly string[];
  readonly title: string;
  readonly state: BucketState;
  /** Id of the known divergence that explains it. */
  readonly known: string | undefined;
  /** How often campaigns met it; without any, the number of its cases. */
  readonly times: number;
  /** Of the latest finding that was tried again. */
  readonly reproduction: Reproduction | undefined;
  /** Kernel releases, and machines by what models condition on. */
  readonly kernels: readonly string[];
  readonly machines: readonly ProfileFacts[];
  /** Milliseconds since the epoch. */
  readonly lastSeenMs: number;
  /** Its cases, the one with the smallest scenario first. */
  readonly cases: readonly DatedCase[];
  /** Its findings in runs, the latest first, and the runs that met it. */
  readonly findings: readonly RunFinding[];
  readonly legs: readonly RunLeg[];
}

export interface BucketSources {
  readonly cases: readonly DatedCase[];
  readonly legs: readonly RunLeg[];
  /** Known divergences of each family. */
  readonly known: ReadonlyMap<string, readonly KnownDivergence[]>;
}

/** Sorts findings into buckets: what is open first, then the newest, then the most reproducible. */
export function bucketsOf(sources: BucketSources): Bucket[] {
  const signatures = new Set([
    ...sources.cases.filter((loaded) => loaded.case.kind === 'finding').map((loaded) => signatureOfCase(loaded.case)),
    ...sources.legs.flatMap(({ findings }) => findings.map(({ signature }) => signature)),
  ]);
  return [...signatures].map((signature) => bucketOf(signature, sources)).sort(inOrder);
}

function bucketOf(signature: string, { cases: all, legs: runs, known }: BucketSources): Bucket {
  const ofSignature = all.filter(({ case: value }) => value.kind === 'finding' && signatureOfCase(value) === signature);
  const cases = [...ofSignature].sort((a, b) => lengthOf(a.case.scenario) - lengthOf(b.case.scenario));
  const legs = runs.filter((leg) => (leg.occurrences[signature] ?? 0) > 0 || findingIn(leg, signature) !== undefined);
  const latestFirst = [...legs].sort((a, b) => b.seenMs - a.seenMs);
  const findings = latestFirst.flatMap((leg) => {
    const finding = findingIn(leg, signature);
    return finding === undefined ? [] : [{ finding, leg }];
  });
  const family = cases[0]?.case.family ?? findings[0]?.finding.family ?? '';
  const parts = signatureParts(signature);
  const rules = parts?.rules ?? cases[0]?.case.rules.map(({ id }) => id) ?? [];
  const shape = parts?.shape ?? '';
  const broken = brokenIn(cases, findings, rules);
  const machines = machinesOf(cases, latestFirst);
  const label = labelOf({ rules: broken, shape }, machines, findings, known.get(family) ?? []);
  const lastSeenMs = lastSeen(signature, cases, latestFirst);
  const state =
    label !== undefined ? 'known' : seemsFixed({ signature, rules, lastSeenMs }, legs, runs) ? 'fixed?' : 'new';
  return {
    id: signatureHash(signature),
    signature,
    family,
    rules,
    shape,
    broken,
    title: bucketTitle(rules, shape, cases[0]?.case.title ?? '', machines),
    state,
    known: label,
    times: legs.reduce((sum, leg) => sum + (leg.occurrences[signature] ?? 1), 0) || cases.length,
    reproduction: reproductionOf(cases, findings),
    kernels: [...new Set(machines.map((facts) => String(facts['kernelRelease'] ?? 'unknown')))].sort(),
    machines,
    lastSeenMs,
    cases,
    findings,
    legs: latestFirst,
  };
}

function findingIn({ findings }: RunLeg, signature: string): Finding | undefined {
  return findings.find((finding) => finding.signature === signature);
}

function lengthOf(scenario: unknown): number {
  return JSON.stringify(scenario).length;
}

function brokenIn(cases: readonly DatedCase[], findings: readonly RunFinding[], first: readonly string[]): string[] {
  const ofCases = cases.flatMap((loaded) => loaded.case.rules.map(({ id }) => id));
  const ofRuns = findings.flatMap(({ finding }) => brokenRules(finding.mismatches));
  return [...new Set([...first, ...ofCases, ...ofRuns])].sort();
}

/** Different machines, the latest first. */
function machinesOf(cases: readonly DatedCase[], legs: readonly RunLeg[]): ProfileFacts[] {
  const ofCases = cases.map((loaded) => loaded.case.found?.profile).filter((facts) => facts !== undefined);
  const all: ProfileFacts[] = [...legs.map(({ facts }) => facts), ...ofCases];
  return [...new Map(all.map((facts) => [JSON.stringify(facts), facts])).values()];
}

/** It is known when the machines on which it was found all have an explanation. */
function labelOf(
  facts: { readonly rules: readonly string[]; readonly shape: string },
  machines: readonly ProfileFacts[],
  findings: readonly RunFinding[],
  known: readonly KnownDivergence[],
): string | undefined {
  if (machines.length === 0) return matchSomewhere(known, facts);
  const labels = machines.map((machine) => matchKnown(known, facts, machine));
  if (labels.every((label) => label !== undefined)) return labels[0];
  return findings.length > 0 && findings.every(({ finding }) => finding.known !== undefined)
    ? findings[0]?.finding.known
    : undefined;
}

/** Campaigns say when they met it; a case that none of them wrote is as old as its file. */
function lastSeen(signature: string, cases: readonly DatedCase[], legs: readonly RunLeg[]): number {
  const met = legs.filter((leg) => (leg.occurrences[signature] ?? 1) > 0).map(({ seenMs }) => seenMs);
  return Math.max(...(met.length > 0 ? met : cases.map(({ writtenMs }) => writtenMs)));
}

function reproductionOf(cases: readonly DatedCase[], findings: readonly RunFinding[]): Reproduction | undefined {
  const all = [
    ...findings.map(({ finding, leg }) => ({ reproduction: finding.reproduction, ms: leg.seenMs })),
    ...cases.flatMap((loaded) => {
      const { found } = loaded.case;
      return found === undefined ? [] : [{ reproduction: found.reproduction, ms: loaded.writtenMs }];
    }),
  ].filter(({ reproduction: { tries, freshTries } }) => tries + freshTries > 0);
  return all.sort((a, b) => b.ms - a.ms)[0]?.reproduction;
}

/** Share of the tries in which it came back; undefined when it was not tried. */
export function rateOf(reproduction: Reproduction | undefined): number | undefined {
  if (reproduction === undefined) return undefined;
  const { tries, hits, freshTries, freshHits } = reproduction;
  return (hits + freshHits) / (tries + freshTries);
}

const STATES: readonly BucketState[] = ['new', 'fixed?', 'known'];

function inOrder(a: Bucket, b: Bucket): number {
  return (
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    b.lastSeenMs - a.lastSeenMs ||
    (rateOf(b.reproduction) ?? 0) - (rateOf(a.reproduction) ?? 0) ||
    b.times - a.times ||
    (a.id < b.id ? -1 : 1)
  );
}

/** Buckets whose id begins with this, that hold this case file, or that have this signature. */
export function bucketsNamed(buckets: readonly Bucket[], name: string): Bucket[] {
  const exact = buckets.filter(
    ({ signature, cases }) => signature === name || cases.some(({ file }) => file === name.replace(/^\.\//, '')),
  );
  return exact.length > 0 ? exact : buckets.filter(({ id }) => /^[0-9a-f]+$/.test(name) && id.startsWith(name));
}
