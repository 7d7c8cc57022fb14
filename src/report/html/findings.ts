/** The findings of a report: an overview, then each with its rules, picture, timeline and commands. */
import { stepName } from '../verdict.js';
import { formatJson } from '../../corpus/format.js';
import { plural, shellWord } from '../../util/text.js';
import type { TimelineRow } from '../../campaign/family.js';
import type { Picture } from '../../campaign/picture.js';
import { type Markup, markup } from './markup.js';
import { drawLegend, drawPicture } from './picture.js';
import type { Fact, ReportedFinding, ReportedRule } from './reported.js';

/** Findings that are unfolded at first. */
const MAX_OPEN = 10;
/** Broken rules of a finding that are told in full; the rest is counted. */
const MAX_RULES = 20;
/** Largest scenario that is put into the page, in characters. */
const MAX_SCENARIO = 50_000;

/** @param noun what they are called: a campaign has findings, a corpus cases. */
export function findingsSection(findings: readonly ReportedFinding[], noun: string): Markup {
  if (findings.length === 0) return markup`<section><h2 id="findings">Findings</h2><p>There are none.</p></section>`;
  const pictures = findings.flatMap(({ picture }) => (picture === undefined ? [] : [picture]));
  const tools = markup`<p class="keys" data-script hidden><button data-open="yes">Unfold all</button> <button data-open="no">Fold all</button> <kbd>n</kbd> next, <kbd>p</kbd> previous</p>`;
  return markup`<section><h2 id="findings">${plural(findings.length, noun)}</h2>
${findings.length > 1 ? overview(findings) : undefined}${findings.length > 1 ? tools : undefined}${drawLegend(pictures)}
${findings.map(drawFinding)}</section>`;
}

function overview(findings: readonly ReportedFinding[]): Markup {
  const rows = findings.map((finding, i) => {
    const name = markup`<a href="#finding-${i + 1}">${finding.title}</a>`;
    return markup`<tr><td class="number">${i + 1}</td><th scope="row">${name}</th><td>${stateOf(finding)}</td><td class="number">${rateOf(finding)}</td></tr>
`;
  });
  return markup`<div class="wide"><table><thead><tr><th scope="col" class="number">#</th><th scope="col">what it is about</th><th scope="col">state</th><th scope="col" class="number">reproduced</th></tr></thead><tbody>
${rows}</tbody></table></div>`;
}

function stateOf({ kind, known }: ReportedFinding): Markup {
  if (known !== undefined) return markup`<span class="known">known: ${known}</span>`;
  if (kind === 'pinned') return markup`<span class="ok">pinned</span>`;
  return markup`<span class="bad">untriaged ${kind === 'finding' ? '' : kind}</span>`;
}

function rateOf({ reproduction }: ReportedFinding): string {
  if (reproduction === undefined) return '';
  const { hits, tries, freshHits, freshTries } = reproduction;
  return `${hits + freshHits} of ${tries + freshTries}`;
}

function drawFinding(finding: ReportedFinding, index: number): Markup {
  const { rules, picture, timeline, mismatches, detail } = finding;
  const last = timeline.length - 1;
  const rowOf = (step: number): number => Math.min(step, last);
  const steps = timeline.at(-1)?.step === 'end' ? last : timeline.length;
  const more = rules.length - MAX_RULES;
  const rate = rateOf(finding);
  return markup`<details class="finding" id="finding-${index + 1}"${index < MAX_OPEN ? markup` open` : undefined}>
<summary><h3>${index + 1}. ${finding.title}</h3><div class="badges"><span class="badge">${stateOf(finding)}</span>${rate === '' ? undefined : markup`<span class="badge">came back in ${rate}</span>`}</div></summary>
<div class="body">
${rules.slice(0, MAX_RULES).map((rule) => drawRule(rule, steps, finding.kind))}${more > 0 ? markup`<p>and ${plural(more, 'more mismatch', 'more mismatches')}</p>` : undefined}
${detail.length > 0 ? markup`<h4>What was said</h4><pre>${detail.join('\n')}</pre>` : undefined}
${picture === undefined ? undefined : markup`<h4>Picture</h4>${drawPicture(picture, new Set(mismatches.map(({ step }) => Math.min(step, picture.columns.length - 1))))}`}
${timeline.length > 0 ? markup`<h4>Timeline</h4>${drawTimeline(timeline, new Set(mismatches.map(({ step }) => rowOf(step))))}` : undefined}
${timeline.length === 0 && picture !== undefined ? drawSteps(picture) : undefined}<h4>Where it comes from</h4>${drawFacts(finding.facts)}
${commands(finding)}${scenarioText(finding)}
</div></details>
`;
}

function drawRule({ id, sentence, tier, source, seen }: ReportedRule, steps: number, kind: string): Markup {
  const sides =
    seen === undefined
      ? undefined
      : markup`<div class="sides"><div><h5>expected</h5><p>${seen.expected}</p></div><div><h5>observed</h5><p>${seen.observed}</p></div></div>`;
  const where = seen === undefined ? '' : `, ${stepName(seen.step, steps)}`;
  const origin = source === undefined ? undefined : markup`<p class="soft">${tier}; source: ${source}</p>`;
  const held = kind === 'pinned';
  return markup`<div class="rule${held ? ' held' : ''}"><p><strong class="${held ? 'known' : 'bad'}">${held ? '' : '✗ '}${id}</strong>${where}</p><p class="sentence">${sentence}</p>${origin}${sides}</div>
`;
}

function drawTimeline(rows: readonly TimelineRow[], broken: ReadonlySet<number>): Markup {
  const side = (name: string, lines: readonly string[]): Markup => {
    const texts =
      lines.length === 0
        ? markup`<span class="soft">nothing</span>`
        : markup`<ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul>`;
    return markup`<td data-side="${name}">${texts}</td>`;
  };
  const body = rows.map(({ step, expected, observed }, i) => {
    const isBroken = broken.has(i);
    const number = step === 'end' ? '' : `${i + 1}`;
    const words = step === 'end' ? 'after the last step' : step;
    return markup`<tr${isBroken ? markup` class="broken"` : undefined}><td class="number">${isBroken ? markup`<span class="bad">✗<span class="quiet"> broken here, step</span> </span>` : undefined}${number}</td><th scope="row">${words}</th>${side('expected', expected)}${side('observed', observed)}</tr>
`;
  });
  return markup`<table class="timeline"><thead><tr><th scope="col">#</th><th scope="col" class="step">step</th><th scope="col">expected</th><th scope="col">observed</th></tr></thead><tbody>
${body}</tbody></table>`;
}

/** The steps alone, where nothing was recorded of them. */
function drawSteps({ columns }: Picture): Markup {
  return markup`<h4>Steps</h4><ol>${columns.map(({ words }) => markup`<li>${words}</li>`)}</ol>`;
}

export function drawFacts(facts: readonly Fact[]): Markup {
  const rows = facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`);
  return markup`<dl class="facts">${rows}</dl>`;
}

function commands({ file, exportable }: ReportedFinding): Markup | undefined {
  if (file === undefined) return undefined;
  const name = shellWord(file);
  const lines = [`faultline show ${name}`, `faultline replay ${name} --times 100`];
  if (exportable) lines.push(`faultline export ${name} --format c`);
  return markup`<h4>Commands</h4><pre>${lines.join('\n')}</pre>`;
}

function scenarioText({ scenario }: ReportedFinding): Markup | undefined {
  if (scenario === null || scenario === undefined) return undefined;
  const text = formatJson(scenario).trimEnd();
  if (text.length > MAX_SCENARIO) return undefined;
  return markup`<details><summary>The scenario, for <code>faultline run -</code></summary><pre>${text}</pre></details>`;
}
