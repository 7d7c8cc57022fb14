/** A campaign, or some cases, as one HTML file: no server, nothing from elsewhere, and no script needed to read it. */
import type { LoadedCase } from '../../corpus/load.js';
import type { Bucket } from '../../triage/buckets.js';
import { plural } from '../../util/text.js';
import { bucketFacts, concludeBucket } from './bucket.js';
import { chartsSection } from './charts.js';
import { findingsSection } from './findings.js';
import { type Chapter, type Conclusion, concludeCases, concludeRun, drawHead, runFacts } from './head.js';
import { countsSection, outcomesSection, pairsSection, rulesSection } from './legs.js';
import { type Markup, markup } from './markup.js';
import { renderPage } from './page.js';
import { type Fact, type Families, reportedCase, type ReportedFinding, reportedFinding } from './reported.js';
import type { RunRecord } from '../../campaign/run/types.js';

/** The page of a campaign. */
export function runReport(run: RunRecord, families: Families): string {
  const findings = untriagedFirst(
    run.findings.map((finding) => reportedFinding(finding, families, run.occurrences[finding.signature])),
  );
  const pairs = pairsSection(run.legs);
  const outcomes = outcomesSection(run.legs);
  const chapters = [
    ...(pairs === undefined ? [] : [{ anchor: 'pairs', name: 'Pair coverage' }]),
    ...(outcomes === undefined ? [] : [{ anchor: 'outcomes', name: 'How calls ended' }]),
    { anchor: 'time', name: 'Throughput and memory' },
    { anchor: 'counts', name: 'Skips, known divergences, configurations' },
  ];
  const covered = markup`${rulesSection(run.legs, families)}${pairs}${outcomes}${chartsSection(run.samples)}${countsSection(run)}`;
  const all = [{ anchor: 'rules', name: 'Rule coverage' }, ...chapters];
  return draw(
    { title: 'Faultline campaign', noun: 'finding', facts: runFacts(run) },
    concludeRun(run),
    findings,
    all,
    covered,
  );
}

/** The page of some cases, such as those of one bucket. */
export function casesReport(cases: readonly LoadedCase[], families: Families): string {
  const findings = untriagedFirst(cases.map((loaded) => reportedCase(loaded, families)));
  const title = findings.length === 1 ? 'Faultline case' : 'Faultline cases';
  return draw({ title, noun: 'case', facts: [] }, concludeCases(findings), findings, [], undefined);
}

/** The page of a bucket: its findings in runs, and its cases that no run knows. */
export function bucketReport(bucket: Bucket, families: Families): string {
  const inRuns = bucket.findings.map(({ finding }) => finding);
  const files = new Set(inRuns.map(({ file }) => file));
  const others = bucket.cases.filter(({ file }) => !files.has(file));
  const findings = [
    ...inRuns.map((finding) => reportedFinding(finding, families, undefined)),
    ...others.map((loaded) => reportedCase(loaded, families)),
  ];
  const subject = { title: `Faultline bucket ${bucket.id}`, noun: 'finding', facts: bucketFacts(bucket) };
  return draw(subject, concludeBucket(bucket), findings, [], undefined);
}

interface Subject {
  readonly title: string;
  /** What its findings are called. */
  readonly noun: string;
  readonly facts: readonly Fact[];
}

function draw(
  { title, noun, facts }: Subject,
  conclusion: Conclusion,
  findings: readonly ReportedFinding[],
  chapters: readonly Chapter[],
  rest: Markup | undefined,
): string {
  const all = [{ anchor: 'findings', name: plural(findings.length, noun) }, ...chapters];
  const body = markup`<a class="skip-link" href="#main">Skip to the ${noun}s</a>
${drawHead(title, conclusion, facts, all)}
<main id="main">
${findingsSection(findings, noun)}
${rest}
</main>`;
  return renderPage({ title: `${title}: ${conclusion.sentence}`, body, script: true });
}

function untriagedFirst(findings: readonly ReportedFinding[]): ReportedFinding[] {
  const rank = ({ kind, known }: ReportedFinding): number => (known !== undefined ? 1 : kind === 'pinned' ? 2 : 0);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}
