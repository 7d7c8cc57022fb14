/** What a report says of one finding, whether it comes from a campaign or from a case file. */
import type { Family, Recorded } from '../../campaign/family.js';
import type { Picture } from '../../campaign/picture.js';
import type { Finding, Reproduction } from '../../campaign/types.js';
import type { LoadedCase } from '../../corpus/load.js';
import { verdictLine } from '../../oracle/verdictLine.js';
import { ScenarioError } from '../../scenario/error.js';
import { isExportable } from '../../triage/export/exporters.js';
import { reproductionSentence } from '../finding.js';
import { ruleBook, sentenceOf } from '../rules.js';
import { genericPicture } from './genericPicture.js';

export type Families = ReadonlyMap<string, Family<unknown, unknown>>;
export type Fact = readonly [name: string, value: string];

/** A rule that a finding broke, or that a pinned case holds, with what was seen where that is recorded. */
export interface ReportedRule {
  readonly id: string;
  readonly sentence: string;
  readonly tier: string | undefined;
  readonly source: string | undefined;
  readonly seen: { readonly step: number; readonly expected: string; readonly observed: string } | undefined;
}

export interface ReportedFinding extends Recorded {
  readonly title: string;
  /** `divergence`, `crash`, `hang`, or `pinned` for a case that must match. */
  readonly kind: string;
  /** Id of the known divergence that explains it. */
  readonly known: string | undefined;
  readonly rules: readonly ReportedRule[];
  /** What the process or the kernel said, line by line. */
  readonly detail: readonly string[];
  readonly scenario: unknown;
  readonly picture: Picture | undefined;
  readonly reproduction: Reproduction | undefined;
  readonly facts: readonly Fact[];
  readonly file: string | undefined;
  /** It can be written as C. */
  readonly exportable: boolean;
}

/** @param times how often a campaign met it. */
export function reportedFinding(finding: Finding, families: Families, times: number | undefined): ReportedFinding {
  const { verdict, mismatches, timeline, scenario, signature, known } = finding;
  const family = families.get(finding.family);
  return {
    title: titleOf(signature, finding.family),
    kind: verdict.kind,
    known,
    rules: mismatches.map(({ rule, ...seen }) => ({ ...ruleFacts(rule, family), seen })),
    detail: 'detail' in verdict ? [verdictLine(verdict), ...verdict.detail.split('\n').slice(1)] : [],
    timeline,
    mismatches,
    scenario,
    picture: pictureOf(family, scenario, { timeline, mismatches }),
    reproduction: finding.reproduction,
    file: finding.file,
    exportable: isExportable(finding.family),
    facts: [
      ['reproduced', reproductionSentence(finding.reproduction)],
      ...(times === undefined ? [] : [['met', times === 1 ? 'once' : `${times} times`] as const]),
      ...configurationOf(family, scenario),
      ['minimized', finding.minimized],
      ['found by', `fast-check seed ${finding.seed}, path ${finding.path}`],
      ['signature', signature],
      ['file', finding.file ?? finding.saveError ?? 'it was not saved'],
    ],
  };
}

export function reportedCase({ file, case: value }: LoadedCase, families: Families): ReportedFinding {
  const { found, timeline = [], scenario, signature } = value;
  const family = families.get(value.family);
  const facts: Fact[] = [...configurationOf(family, scenario)];
  if (found !== undefined) {
    const { kernelRelease, kvmModule, cpuModel } = found.profile;
    const machine = [kernelRelease, kvmModule, cpuModel].filter((fact) => fact !== undefined);
    facts.unshift(['reproduced', reproductionSentence(found.reproduction)], ['found on', machine.join(', ')]);
    facts.push(['minimized', found.minimized], ['found by', `fast-check seed ${found.seed}, path ${found.path}`]);
  }
  if (signature !== undefined) facts.push(['signature', signature]);
  const recorded = { timeline, mismatches: [] };
  return {
    title: value.title,
    kind: value.kind === 'pinned' ? 'pinned' : 'finding',
    known: undefined,
    rules: value.rules.map(({ id, sentence }) => ({ ...ruleFacts(id, family), sentence, seen: undefined })),
    detail: [],
    ...recorded,
    scenario,
    picture: pictureOf(family, scenario, recorded),
    reproduction: found?.reproduction,
    file,
    exportable: isExportable(value.family),
    facts: [...facts, ['note', value.note], ['file', file]],
  };
}

/** `dirty.write: dirty get data at CPL3` of `stage2/dirty.write/dirty get data at CPL3`. */
function titleOf(signature: string, family: string): string {
  const [first, rules, ...shape] = signature.split('/');
  return first === family && rules !== undefined ? `${rules}: ${shape.join('/')}` : signature;
}

function ruleFacts(id: string, family: Family<unknown, unknown> | undefined): Omit<ReportedRule, 'seen'> {
  const rules = ruleBook(family?.rules ?? []);
  return { id, sentence: sentenceOf(rules, id), tier: rules.get(id)?.tier, source: rules.get(id)?.source };
}

function configurationOf(family: Family<unknown, unknown> | undefined, scenario: unknown): Fact[] {
  const words = ofScenario(family, scenario, (parsed) => family?.configuration(parsed));
  return words === undefined ? [] : [['machine set-up', words]];
}

function pictureOf(
  family: Family<unknown, unknown> | undefined,
  scenario: unknown,
  recorded: Recorded,
): Picture | undefined {
  return ofScenario(family, scenario, (parsed) => family?.picture?.(parsed, recorded)) ?? genericPicture(recorded);
}

/** What a scenario's family says of it; nothing when the scenario is not one of that family (it was lost, or is of another version). */
function ofScenario<T>(
  family: Family<unknown, unknown> | undefined,
  scenario: unknown,
  say: (parsed: unknown) => T | undefined,
): T | undefined {
  if (family === undefined) return undefined;
  try {
    return say(family.parse(scenario));
  } catch (error) {
    if (error instanceof ScenarioError) return undefined;
    throw error;
  }
}
