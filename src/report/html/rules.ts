/** Rule coverage: a cell for each rule that a machine can exercise, coloured by how often it decided. */
import { grouped } from '../../util/text.js';
import { type RuleBook, sentenceOf } from '../rules.js';
import { heatLegend, heatLevel, shortCount } from './heat.js';
import { type Markup, markup } from './markup.js';
import type { LegRecord } from '../../campaign/run/types.js';

interface Counted {
  readonly id: string;
  readonly count: number;
}

/** @param leg number of the leg, for the ids of the page. */
export function ruleCoverage({ applicable, decided }: LegRecord, rules: RuleBook, leg: number): Markup {
  const counted = [...applicable].sort().map((id) => ({ id, count: decided[id] ?? 0 }));
  if (counted.length === 0) return markup`<p>No rule of this family applies to this machine.</p>`;
  const most = Math.max(...counted.map(({ count }) => count));
  const never = counted.filter(({ count }) => count === 0).length;
  const said = never === 0 ? 'every one has decided' : `${never} never decided`;
  const groups = [...byPrefix(counted)].map(([prefix, own]) => {
    const cells = own.map((rule) => cell(rule, rules, most, `rule-${leg}-${rule.id}`));
    return markup`<p class="group-name">${prefix}</p><ul class="cells" aria-label="Rules ${prefix}">${cells}</ul>
`;
  });
  const unused = markup`<li><span class="swatch never"></span>never</li>`;
  return markup`<p>${counted.length} rules apply; ${said}. Point at a rule or move to it for its sentence.</p>
${heatLegend(most, [unused])}${groups}${ruleTable(counted, rules, leg)}`;
}

function cell({ id, count }: Counted, rules: RuleBook, most: number, anchor: string): Markup {
  const kind = count === 0 ? 'never' : `heat${heatLevel(count, most)}`;
  const name = id.slice(id.indexOf('.') + 1);
  const times = count === 0 ? 'never' : shortCount(count);
  return markup`<li><a class="cell ${kind}" href="#${anchor}" aria-describedby="${anchor}-tip"><span>${name}</span><span>${times}</span></a><span class="tip" role="tooltip" id="${anchor}-tip"><strong>${id}</strong>: ${sentenceOf(rules, id)}</span></li>
`;
}

function byPrefix(counted: readonly Counted[]): Map<string, Counted[]> {
  const groups = new Map<string, Counted[]>();
  for (const rule of counted) {
    const prefix = rule.id.split('.', 1)[0] ?? '';
    groups.set(prefix, [...(groups.get(prefix) ?? []), rule]);
  }
  return groups;
}

/** The same as a table: what never decided first. */
function ruleTable(counted: readonly Counted[], rules: RuleBook, leg: number): Markup {
  const rows = [...counted]
    .sort((a, b) => a.count - b.count)
    .map(({ id, count }) => {
      const rule = rules.get(id);
      const origin = rule?.source === undefined ? undefined : markup`<small>${rule.tier}; ${rule.source}</small>`;
      return markup`<tr id="rule-${leg}-${id}"><td class="number">${grouped(count)}</td><th scope="row">${id}</th><td>${sentenceOf(rules, id)}${origin}</td></tr>
`;
    });
  return markup`<details><summary>All rules with their sentences and sources, the least covered first</summary><div class="wide"><table>
<thead><tr><th scope="col" class="number">decided</th><th scope="col">rule</th><th scope="col">sentence</th></tr></thead><tbody>
${rows}</tbody></table></div></details>`;
}
