/** The chapters about what a campaign covered: rules, pairs, configurations, skips, known divergences. */
import type { Families } from './reported.js';
import type { LegRecord, RunRecord } from '../../campaign/run/types.js';
import { grouped } from '../../util/text.js';
import { ruleBook } from '../rules.js';
import { percent } from '../text.js';
import { sum } from './head.js';
import { type Markup, markup } from './markup.js';
import { outcomeTable } from './outcomes.js';
import { pairCoverage } from './pairs.js';
import { ruleCoverage } from './rules.js';

/** Rows of a table of counts; the rest is added up. */
const MAX_ROWS = 100;

export function rulesSection(legs: readonly LegRecord[], families: Families): Markup {
  const parts = legs.map((leg, i) => {
    const rules = ruleBook(families.get(leg.family)?.rules ?? []);
    return markup`${legName(leg, legs)}${ruleCoverage(leg, rules, i + 1)}
`;
  });
  return markup`<section><h2 id="rules">Rule coverage</h2>${parts}</section>`;
}

export function pairsSection(legs: readonly LegRecord[]): Markup | undefined {
  const parts = legs.flatMap((leg) =>
    leg.pairs === undefined
      ? []
      : [
          markup`${legName(leg, legs)}${pairCoverage(leg.pairs)}
`,
        ],
  );
  return parts.length === 0 ? undefined : markup`<section><h2 id="pairs">Pair coverage</h2>${parts}</section>`;
}

export function outcomesSection(legs: readonly LegRecord[]): Markup | undefined {
  const parts = legs.flatMap((leg) =>
    leg.outcomes === undefined ? [] : [markup`${legName(leg, legs)}${outcomeTable(leg.outcomes)}`],
  );
  return parts.length === 0 ? undefined : markup`<section><h2 id="outcomes">How calls ended</h2>${parts}</section>`;
}

export function countsSection(run: RunRecord): Markup {
  const { legs } = run;
  const all = sum(legs.map(({ scenarios }) => scenarios));
  const merged = (of: (leg: LegRecord) => Readonly<Record<string, number>>): [string, number][] => {
    const total = new Map<string, number>();
    for (const leg of legs)
      for (const [name, count] of Object.entries(of(leg))) total.set(name, (total.get(name) ?? 0) + count);
    return [...total].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  };
  const skips = merged((leg) => leg.skips);
  const known = merged((leg) => leg.known);
  return markup`<section><h2 id="counts">Skips, known divergences, configurations</h2>
<h3>Skips</h3>${skips.length === 0 ? markup`<p>No scenario was skipped.</p>` : countTable('reason', skips, all)}
<h3>Known divergences</h3>${known.length === 0 ? markup`<p>None was met.</p>` : countTable('known divergence', known, all)}
${problems(
  run,
  merged((leg) => leg.harness),
)}
<details><summary>Scenarios by configuration</summary>${countTable(
    'configuration',
    merged((leg) => leg.configurations),
    all,
  )}</details></section>`;
}

function problems(run: RunRecord, harness: readonly (readonly [string, number])[]): Markup | undefined {
  const lines = [...harness.map(([line]) => `HARNESS: ${line}`), ...run.problems];
  if (lines.length === 0) return undefined;
  return markup`<h3>Faults of the tool and of its records</h3><ul>${lines.map((line) => markup`<li class="bad">${line}</li>`)}</ul>`;
}

function countTable(name: string, rows: readonly (readonly [string, number])[], all: number): Markup {
  const row = (
    words: string,
    count: number,
  ): Markup => markup`<tr><th scope="row">${words}</th><td class="number">${grouped(count)}</td><td class="number">${percent(count, all)}</td></tr>
`;
  const rest = rows.slice(MAX_ROWS);
  const last = rest.length === 0 ? undefined : row(`${rest.length} more`, sum(rest.map(([, count]) => count)));
  return markup`<div class="wide"><table><thead><tr><th scope="col">${name}</th><th scope="col" class="number">scenarios</th><th scope="col" class="number">share</th></tr></thead><tbody>
${rows.slice(0, MAX_ROWS).map(([words, count]) => row(words, count))}${last}</tbody></table></div>`;
}

/** Named only where there are several. */
function legName({ family, target }: LegRecord, legs: readonly LegRecord[]): Markup | undefined {
  return legs.length === 1 ? undefined : markup`<h3>${family} on ${target}</h3>`;
}
