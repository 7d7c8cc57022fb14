import { pairsSeen } from '../campaign/coverage/pairs.js';
import { wedgeLines } from '../campaign/wedge.js';
import type { CampaignSummary, Finding, LegSummary } from '../campaign/types.js';
import { grouped, plural, printable } from '../util/text.js';
import { findingLine, formatFinding } from './finding.js';
import { machineWords } from './machine.js';
import { outcomeLines, unseenOutcomeLines } from './outcomes.js';
import { type RuleBook, sentenceOf } from './rules.js';
import { type Terminal, stylesOf } from './terminal.js';
import { bytes, clip, duration, hanging, percent, table } from './text.js';

/** Configurations that are listed; the rest is counted. */
const MAX_CONFIGURATIONS = 10;
/** Findings that are printed in full; the others get a line. */
const MAX_FULL_FINDINGS = 20;
/** Reasons for skips that are listed. */
const MAX_REASONS = 20;

/** The report at the end of a campaign. What matters most, the findings and the conclusion, is last. */
export function formatSummary(summary: CampaignSummary, rules: RuleBook, terminal: Terminal): string[] {
  const { bold } = stylesOf(terminal);
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', bold(title), ...lines];
  return [
    ...overview(summary, terminal),
    ...summary.legs.flatMap((leg) => [
      ...section(`Family ${printable(leg.family)} on ${printable(leg.target)}`, legOverview(leg, terminal)),
      ...section('Scenarios by configuration', configurations(leg, terminal)),
      ...section('Rules exercised, the least covered last', coverage(leg, rules, terminal)),
      ...section('Rules that nothing exercised', unexercised(leg, rules, terminal)),
      ...section('How calls ended', outcomeLines(leg.outcomes, terminal)),
      ...section('Documented ends of calls that nothing showed', unseenOutcomeLines(leg.outcomes, terminal)),
      ...section('Skips', counts(leg.skips, terminal)),
      ...section('Known divergences', counts(leg.known, terminal)),
    ]),
    ...section('Workers that SIGKILL did not end', wedged(summary, terminal)),
    ...section(
      'Faults of the tool itself',
      summary.harness.flatMap((line) => hanging('  HARNESS: ', printable(line), terminal.columns)),
    ),
    ...findings(summary, rules, terminal),
    '',
    ...conclusion(summary, terminal),
  ];
}

/** Findings that no known divergence explains. */
export function untriaged(summary: CampaignSummary): readonly Finding[] {
  return summary.findings.filter(({ known }) => known === undefined);
}

/** Nothing was compared with the model. */
export function allSkipped({ scenarios, legs }: CampaignSummary): boolean {
  return scenarios > 0 && legs.reduce((total, { skips }) => total + sum(skips), 0) >= scenarios;
}

/** What no known divergence explains, the first ones in full. The explained ones are counted above. */
function findings(summary: CampaignSummary, rules: RuleBook, terminal: Terminal): string[] {
  const { bold } = stylesOf(terminal);
  const all = untriaged(summary);
  const full = all.slice(0, MAX_FULL_FINDINGS).flatMap((finding, i) => {
    return ['', bold(`Finding ${i + 1} of ${all.length}`), ...formatFinding(finding, rules, terminal)];
  });
  const rest = all.slice(MAX_FULL_FINDINGS).map((finding) => `  ${findingLine(finding)}`);
  return rest.length === 0 ? full : [...full, '', bold('More findings'), ...rest];
}

function overview(summary: CampaignSummary, terminal: Terminal): string[] {
  const { bold } = stylesOf(terminal);
  const { rssBytes } = summary;
  const families = [...new Set(summary.legs.map(({ family }) => family))].map(printable);
  return [
    bold(`Campaign of ${families.length === 1 ? 'family' : 'families'} ${families.join(', ')}, seed ${summary.seed}`),
    `  scenarios: ${throughput(summary)}`,
    ...canaryLines(summary, terminal),
    `  workers:   ${plural(summary.workerRestarts, 'restart')}`,
    `  memory:    ${bytes(rssBytes.start)} at the start, ${bytes(rssBytes.peak)} at most, ${bytes(rssBytes.end)} at the end`,
    ...(summary.ended === 'interrupt' ? ['  ended:     by an interrupt, before its budget was spent'] : []),
  ];
}

function canaryLines({ canary }: CampaignSummary, terminal: Terminal): string[] {
  return canary === undefined ? [] : hanging('  canary:    ', printable(canary.detail), terminal.columns);
}

function legOverview(leg: LegSummary, terminal: Terminal): string[] {
  return [
    ...hanging('  machine:   ', printable(machineWords(leg.profile)), terminal.columns),
    `  scenarios: ${throughput(leg)}`,
    ...pairsLine(leg),
  ];
}

function pairsLine({ pairs }: LegSummary): string[] {
  if (pairs === undefined) return [];
  const { seen, possible } = pairsSeen(pairs);
  return [`  pairs:     ${grouped(seen)} of ${grouped(possible)} possible`];
}

function wedged(summary: CampaignSummary, terminal: Terminal): string[] {
  const lines = (summary.wedged ?? []).flatMap((wedge) => wedgeLines(wedge));
  return lines.flatMap((line) =>
    hanging(line.startsWith(' ') ? '      ' : '  ', printable(line.trim()), terminal.columns),
  );
}

function throughput({ scenarios, elapsedMs }: { readonly scenarios: number; readonly elapsedMs: number }): string {
  const rate = elapsedMs === 0 ? 0 : (1000 * scenarios) / elapsedMs;
  return `${grouped(scenarios)} in ${duration(elapsedMs)}, ${grouped(rate)} per second`;
}

function configurations(summary: LegSummary, terminal: Terminal): string[] {
  const all = descending(summary.configurations);
  const rows = all
    .slice(0, MAX_CONFIGURATIONS)
    .map(([name, count]) => [
      { right: grouped(count) },
      { right: percent(count, summary.scenarios) },
      clip(printable(name), terminal.columns - 24),
    ]);
  const rest = all.length - rows.length;
  return rest <= 0 ? table(rows) : [...table(rows), `  and ${plural(rest, 'more configuration')}`];
}

function coverage(summary: LegSummary, rules: RuleBook, terminal: Terminal): string[] {
  const rows = descending(summary.decided).filter(([, count]) => count > 0);
  return ruleTable(
    rows.map(([id, count]) => [id, grouped(count)]),
    rules,
    terminal,
  );
}

function unexercised(summary: LegSummary, rules: RuleBook, terminal: Terminal): string[] {
  return ruleTable(
    [...summary.unexercised].sort().map((id) => [id, '0']),
    rules,
    terminal,
  );
}

function ruleTable(rows: readonly (readonly [string, string])[], rules: RuleBook, terminal: Terminal): string[] {
  const cells = rows.map(([id, count]) => [{ right: count }, printable(id), sentenceOf(rules, id)]);
  return table(cells).map((line) => clip(line, terminal.columns));
}

function counts(record: Readonly<Record<string, number>>, terminal: Terminal): string[] {
  const all = descending(record).map(([name, count]) => [grouped(count), printable(name)] as const);
  const shown = all.slice(0, MAX_REASONS);
  const width = Math.max(0, ...shown.map(([count]) => count.length));
  const lines = shown.flatMap(([count, name]) => hanging(`  ${count.padStart(width)}  `, name, terminal.columns));
  const rest = all.length - shown.length;
  return rest <= 0 ? lines : [...lines, `  and ${rest} more`];
}

function conclusion(summary: CampaignSummary, terminal: Terminal): string[] {
  const { bold, green, red, yellow } = stylesOf(terminal);
  const open = untriaged(summary).length;
  if (open > 0) return [bold(red(`${plural(open, 'untriaged finding')}.`))];
  if (summary.harness.length > 0)
    return [bold(red('No finding, but the tool itself failed; the result does not count.'))];
  if (summary.scenarios === 0) return [yellow('No scenario ran.')];
  if (allSkipped(summary)) return [yellow('Every scenario was skipped.')];
  const known = summary.legs.reduce((total, leg) => total + sum(leg.known), 0);
  const labelled = known === 0 ? '' : ` ${plural(known, 'divergence is known', 'divergences are known')}.`;
  return [green(`No untriaged finding.${labelled}`)];
}

function sum(record: Readonly<Record<string, number>>): number {
  return Object.values(record).reduce((total, count) => total + count, 0);
}

/** Highest count first, equals in the order of their names. */
function descending(record: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(record).sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
}
