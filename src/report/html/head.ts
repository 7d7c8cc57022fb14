/** The head of a report: what came out, in one sentence, and what ran. */
import { grouped, plural } from '../../util/text.js';
import { machineWords } from '../machine.js';
import { duration } from '../text.js';
import { drawFacts } from './findings.js';
import { type Markup, markup } from './markup.js';
import type { Fact, ReportedFinding } from './reported.js';
import type { RunRecord, RunSettings } from '../../campaign/run/types.js';

export type Tone = 'ok' | 'bad' | 'warn';

export interface Conclusion {
  readonly tone: Tone;
  readonly sentence: string;
}

const SIGNS: Readonly<Record<Tone, string>> = { ok: '✓', bad: '✗', warn: '!' };

export interface Chapter {
  readonly anchor: string;
  readonly name: string;
}

export function drawHead(
  title: string,
  { tone, sentence }: Conclusion,
  facts: readonly Fact[],
  chapters: readonly Chapter[],
): Markup {
  const links = chapters.map(({ anchor, name }) => markup`<li><a href="#${anchor}">${name}</a></li>`);
  return markup`<header><h1>${title}</h1>
<div class="verdict ${tone}"><span class="mark" aria-hidden="true">${SIGNS[tone]}</span><p>${sentence}</p></div>
${drawFacts(facts)}
<nav aria-label="Chapters"><ul>${links}</ul></nav></header>`;
}

/** What a campaign showed. A tool that failed, or saw nothing of its own fault, has shown nothing. */
export function concludeRun(run: RunRecord): Conclusion {
  const { plant } = run.settings;
  const scenarios = sum(run.legs.map((leg) => leg.scenarios));
  const where = [...new Set(run.legs.map(({ profile }) => profile.kernelRelease))].join(', ');
  const over = `${plural(scenarios, 'scenario')}${where === '' ? '' : ` on ${where}`}`;
  const open = run.findings.filter(({ known }) => known === undefined).length;
  const planted = plant === 'none' ? '' : ` A fault was planted (${plant}).`;
  if (open > 0) return { tone: 'bad', sentence: `${plural(open, 'untriaged finding')} in ${over}.${planted}` };
  if (run.canary?.caught === false)
    return {
      tone: 'bad',
      sentence: `The run is broken: a fault planted on purpose was not noticed (${run.canary.detail}).`,
    };
  if (run.legs.some(({ harness }) => Object.keys(harness).length > 0))
    return { tone: 'bad', sentence: `The tool itself failed, so the result does not count; no finding in ${over}.` };
  if (scenarios === 0) return { tone: 'warn', sentence: 'No scenario ran.' };
  const skipped = sum(run.legs.map(({ skips }) => sum(Object.values(skips))));
  if (skipped >= scenarios) return { tone: 'warn', sentence: `Each of ${over} was skipped.` };
  const known = sum(run.legs.map((leg) => sum(Object.values(leg.known))));
  const explained = known === 0 ? '' : ` ${plural(known, 'divergence is known', 'divergences are known')}.`;
  return { tone: 'ok', sentence: `No untriaged finding in ${over}.${explained}${planted}` };
}

/** What some cases are, without anything having been executed. */
export function concludeCases(findings: readonly ReportedFinding[]): Conclusion {
  const pinned = findings.filter(({ kind }) => kind === 'pinned').length;
  const open = findings.length - pinned;
  const parts = [
    ...(open > 0 ? [plural(open, 'finding')] : []),
    ...(pinned > 0 ? [plural(pinned, 'pinned case')] : []),
  ];
  const sentence = `${parts.join(' and ')}, as recorded; nothing was executed for this report.`;
  return { tone: open > 0 ? 'bad' : 'ok', sentence };
}

const ENDINGS = {
  budget: 'its budget was spent',
  interrupt: 'it was interrupted, and can be resumed',
  unknown: 'not yet, or it was killed; it can be resumed',
} as const;

export function runFacts(run: RunRecord): Fact[] {
  const machines = [...new Set(run.legs.map(({ target, profile }) => `${target}: ${machineWords(profile)}`))];
  const scenarios = sum(run.legs.map((leg) => leg.scenarios));
  const rate = run.elapsedMs === 0 ? 0 : (1000 * scenarios) / run.elapsedMs;
  const restarts = sum(run.legs.map(({ workerRestarts }) => workerRestarts));
  return [
    ['what ran', run.legs.map(({ family, target }) => `${family} on ${target}`).join(', ')],
    ...machines.map((words): Fact => ['machine', words]),
    ['scenarios', `${grouped(scenarios)} in ${duration(run.elapsedMs)}, ${grouped(rate)} per second`],
    ...askedFor(run.settings),
    ['ended', ENDINGS[run.ended ?? 'unknown']],
    ['canary', canaryWords(run)],
    ['workers replaced', restarts.toString()],
    ['run directory', run.directory],
  ];
}

/** What the campaign was told to do. */
function askedFor({ seed, shard, workers, budgets, plant, startedAt }: RunSettings): Fact[] {
  const { timeMs, runs, findings } = budgets;
  const limits = [
    ...(timeMs === undefined ? [] : [duration(timeMs)]),
    ...(runs === undefined ? [] : [plural(runs, 'scenario')]),
    ...(findings === undefined ? [] : [plural(findings, 'finding')]),
  ];
  const only = shard === undefined ? '' : `, only scenarios ${shard.from} to ${shard.to} of seed ${shard.seed}`;
  return [
    ['started', startedAt],
    ['seed', `${seed}${only}`],
    ['budget', limits.join(' or ')],
    ['workers', workers === 0 ? '' : workers.toString()],
    ...(plant === 'none' ? [] : [['planted fault', plant] as const]),
  ];
}

function canaryWords({ canary }: RunRecord): string {
  if (canary === undefined) return 'not recorded';
  return canary.caught ? `a fault planted on purpose was noticed (${canary.detail})` : `NOT noticed: ${canary.detail}`;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
