/**
 * Results as KernelCI's common database takes them: kcidb-io, schema 5.3. Without a build of their own they bring a minimal one with
 * them, since every test there belongs to a build, and every build to a checkout.
 */
import type { KnownDivergence } from '../../corpus/known.js';
import { profileFacts } from '../../corpus/profile-facts.js';
import type { Profile } from '../../scenario/profile.js';
import type { ReplayStatus } from '../../triage/replay.js';
import { printable } from '../../util/text.js';
import { machineWords } from '../machine.js';
import type { RuleBook } from '../rules.js';
import type { ReplayReport } from './document.js';
import { explain, outcomeOf } from './outcome.js';
import type { CaseResult } from './reporter.js';

/** What only the sender knows. */
export interface KcidbOptions {
  /** Name of the CI system, in lower-case letters, digits and `_`. */
  readonly origin: string;
  /** Id of a build that is in the database already. */
  readonly build: string | undefined;
}

const VERSION = { major: 5, minor: 3 } as const;
/** Longest excerpt that the schema allows. */
const MAX_EXCERPT = 16_384;
/** Version of the issues that stand for known divergences. */
const ISSUE_VERSION = 1;

type KcidbStatus = 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'SKIP';

/** A known divergence is a failure; what explains it is the issue that an incident links it to. */
const STATUSES: Readonly<Record<ReplayStatus, KcidbStatus>> = {
  ok: 'PASS',
  gone: 'PASS',
  known: 'FAIL',
  skip: 'SKIP',
  broken: 'FAIL',
  fails: 'FAIL',
  undecided: 'ERROR',
  harness: 'ERROR',
  missed: 'MISS',
};

/** The names of architectures as KernelCI writes them. */
const ARCHITECTURES = { x86_64: 'x86_64', aarch64: 'arm64' } as const;

/** The whole document. */
export function kcidbReport(report: ReplayReport, options: KcidbOptions): string {
  const { origin } = options;
  const profile = report.suites.find((suite) => suite.profile !== undefined)?.profile;
  const build = options.build === undefined ? ownBuild(report, profile, origin) : undefined;
  const buildId = options.build ?? build?.builds[0]?.id ?? '';
  const tests = [...caseTests(report, origin, buildId), ...refusedTests(report, origin, buildId)];
  const linked = knownIssues(report, origin);
  return `${JSON.stringify({ version: VERSION, ...build, tests, ...linked }, undefined, 2)}\n`;
}

function ownBuild({ id, startedAt }: ReplayReport, profile: Profile | undefined, origin: string) {
  const release = printable(profile?.kernelRelease ?? 'unknown kernel');
  const object = { id: `${origin}:faultline-${id}`, origin };
  const built = profile === undefined ? {} : { architecture: ARCHITECTURES[profile.arch] };
  return {
    checkouts: [{ ...object, comment: release, start_time: startedAt.toISOString() }],
    builds: [{ ...object, checkout_id: object.id, comment: release, ...built }],
  };
}

function caseTests(report: ReplayReport, origin: string, buildId: string): object[] {
  let number = 0;
  return report.suites.flatMap(({ profile, results, rules }) => {
    const environment = environmentOf(report.target, profile);
    return results.map((result) => {
      number += 1;
      const base = { id: testId(report, origin, number), origin, build_id: buildId, environment };
      return { ...base, ...testFacts(result, rules) };
    });
  });
}

function testFacts(result: CaseResult, rules: RuleBook): object {
  const { name, replayed, startedAt, durationMs } = result;
  const { file, kind, title, detail, status, times, hits, known } = replayed;
  const unwell = !['pass', 'skip'].includes(outcomeOf(replayed));
  return {
    path: `faultline.${name}`,
    status: STATUSES[status],
    comment: printable(detail === '' ? title : detail),
    ...(unwell ? { log_excerpt: excerpt(explain(result, rules)) } : {}),
    start_time: startedAt.toISOString(),
    duration: durationMs / 1000,
    misc: { file, kind, title, status, times, hits, ...(known === undefined ? {} : { known }) },
  };
}

function refusedTests(report: ReplayReport, origin: string, buildId: string): object[] {
  return report.refused.map(({ name, file, line, problem }, i) => ({
    id: `${origin}:faultline-${report.id}-refused-${i + 1}`,
    origin,
    build_id: buildId,
    path: `faultline.${name}`,
    status: 'MISS',
    comment: printable(line),
    start_time: report.startedAt.toISOString(),
    misc: { file, problem },
  }));
}

function environmentOf(target: string, profile: Profile | undefined): object {
  if (profile === undefined) return { comment: printable(target) };
  return { comment: `${printable(target)}: ${printable(machineWords(profile))}`, misc: profileFacts(profile) };
}

/** One issue for each known divergence that was met, one incident for each case that met it. */
function knownIssues(report: ReplayReport, origin: string): object {
  const issues = new Map<string, object>();
  const incidents: object[] = [];
  let number = 0;
  for (const { known, results } of report.suites) {
    for (const { replayed } of results) {
      number += 1;
      const entry = known.find(({ id }) => id === replayed.known);
      if (replayed.status !== 'known' || entry === undefined) continue;
      const issue = knownIssue(entry, origin);
      issues.set(entry.id, issue);
      incidents.push({
        id: `${testId(report, origin, number)}-known`,
        origin,
        issue_id: issue.id,
        issue_version: ISSUE_VERSION,
        test_id: testId(report, origin, number),
        present: true,
      });
    }
  }
  return issues.size === 0 ? {} : { issues: [...issues.values()], incidents };
}

function knownIssue({ id, title, explanation, source }: KnownDivergence, origin: string) {
  return {
    id: `${origin}:faultline-${id}`,
    version: ISSUE_VERSION,
    origin,
    report_subject: printable(title),
    comment: printable(explanation),
    misc: { source },
  };
}

function testId({ id }: ReplayReport, origin: string, number: number): string {
  return `${origin}:faultline-${id}-${number}`;
}

function excerpt(lines: readonly string[]): string {
  return lines.map(printable).join('\n').slice(0, MAX_EXCERPT);
}
