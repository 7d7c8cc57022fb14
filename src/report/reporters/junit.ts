/** JUnit XML, as Jenkins, GitLab and others read it. */
import { profileFacts } from '../../corpus/profile-facts.js';
import type { LoadProblem } from '../../corpus/load.js';
import type { Profile } from '../../scenario/profile.js';
import { machineWords } from '../machine.js';
import type { RuleBook } from '../rules.js';
import type { ReplayReport } from './document.js';
import { countOutcomes, explain, faultOf, outcomeOf } from './outcome.js';
import type { CaseResult, RefusedFile } from './reporter.js';
import { xmlAttributes, xmlText } from './xml.js';

/** One `testsuite`. */
export interface JunitSuite {
  readonly name: string;
  readonly startedAt: Date | undefined;
  readonly target: string;
  readonly profile: Profile | undefined;
  readonly rules: RuleBook;
  readonly results: readonly CaseResult[];
  readonly refused: readonly RefusedFile[];
  /** Printed below the cases: what was wrong beside them. */
  readonly remarks: readonly string[];
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly time: string;
}

/** A replay: one suite for each family, and one for the files that were refused. */
export function junitReport(report: ReplayReport): string {
  const { target, refused, problems, broken } = report;
  const remarks = [...problems.map(({ line }: LoadProblem) => line), ...(broken === undefined ? [] : [broken])];
  const suites = report.suites.map(({ family, profile, rules, results }, i): JunitSuite => {
    const startedAt = results[0]?.startedAt ?? report.startedAt;
    const last = i === report.suites.length - 1;
    const name = `faultline.${family}`;
    return { name, startedAt, target, profile, rules, results, refused: [], remarks: last ? remarks : [] };
  });
  if (refused.length === 0) return junitDocument(suites);
  const { startedAt } = report;
  const none = { profile: undefined, rules: new Map(), results: [], remarks: suites.length === 0 ? remarks : [] };
  return junitDocument([...suites, { name: 'faultline.refused-files', startedAt, target, ...none, refused }]);
}

/** The whole file. */
export function junitDocument(suites: readonly JunitSuite[]): string {
  const counts = countsOf(
    suites.flatMap(({ results }) => results),
    suites.flatMap(({ refused }) => refused),
  );
  const lines = suites.flatMap(suiteLines);
  const open = `<testsuites${xmlAttributes({ name: 'faultline', ...counts })}>`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', open, ...lines, '</testsuites>', ''].join('\n');
}

function suiteLines(suite: JunitSuite): string[] {
  const { name, startedAt, results, refused, rules, remarks } = suite;
  // Without the zone, as the format has it; the time is UTC.
  const timestamp = startedAt?.toISOString().slice(0, 19);
  return [
    `  <testsuite${xmlAttributes({ name, ...countsOf(results, refused), timestamp })}>`,
    ...properties(suite),
    ...results.flatMap((result) => caseLines(result, rules)),
    ...refused.flatMap(({ name: file, line, problem }) => {
      return testcase(file, undefined, 0, [element('error', { type: 'refused', message: problem }, line)]);
    }),
    ...(remarks.length === 0 ? [] : [`    <system-err>${xmlText(remarks.join('\n'))}</system-err>`]),
    '  </testsuite>',
  ];
}

function properties({ target, profile }: JunitSuite): string[] {
  const facts = profile === undefined ? {} : { machine: machineWords(profile), ...profileFacts(profile) };
  // The profile's own target is what the driver calls it.
  const lines = Object.entries<string | number | boolean>({ ...facts, target }).map(
    ([name, value]) => `      <property${xmlAttributes({ name, value: String(value) })}/>`,
  );
  return ['    <properties>', ...lines, '    </properties>'];
}

function caseLines(result: CaseResult, rules: RuleBook): string[] {
  const { name, replayed, durationMs } = result;
  return testcase(name, replayed.file, durationMs, outcomeElements(result, rules));
}

/** A known divergence is told as pytest tells an expected failure: not passed in silence, and not failed. */
function outcomeElements(result: CaseResult, rules: RuleBook): string[] {
  const { replayed } = result;
  const { status, detail: message } = replayed;
  switch (outcomeOf(replayed)) {
    case 'pass':
      return [];
    case 'known':
      return [element('skipped', { type: 'known-divergence', message }, '')];
    case 'skip':
      return [element('skipped', { type: 'skip', message }, '')];
    case 'fail':
      return [element('failure', { type: faultOf(replayed)?.kind ?? status, message }, text(result, rules))];
    case 'error':
      return [element('error', { type: status, message }, text(result, rules))];
  }
}

function text(result: CaseResult, rules: RuleBook): string {
  return explain(result, rules).join('\n');
}

function testcase(name: string, file: string | undefined, durationMs: number, children: readonly string[]): string[] {
  const dot = name.lastIndexOf('.');
  const classname = ['faultline', ...(dot < 0 ? [] : [name.slice(0, dot)])].join('.');
  const attributes = xmlAttributes({ classname, name: name.slice(dot + 1), file, time: seconds(durationMs) });
  if (children.length === 0) return [`    <testcase${attributes}/>`];
  return [`    <testcase${attributes}>`, ...children.map((child) => `      ${child}`), '    </testcase>'];
}

function element(name: string, attributes: Readonly<Record<string, string>>, content: string): string {
  const open = `<${name}${xmlAttributes(attributes)}`;
  return content === '' ? `${open}/>` : `${open}>${xmlText(content)}</${name}>`;
}

function countsOf(results: readonly CaseResult[], refused: readonly RefusedFile[]): Counts {
  const { fail, error, skip, known } = countOutcomes(results);
  return {
    tests: results.length + refused.length,
    failures: fail,
    errors: error + refused.length,
    skipped: skip + known,
    time: seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0)),
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6);
}
