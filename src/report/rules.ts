import type { Rule } from '../model/rule.js';
import { printable } from '../util/text.js';

/** What a rule is called where its sentence is not known (an older file, another family). */
const NO_SENTENCE = 'This build has no rule of that name.';

/** Rules that hold for every family, whatever its model says. */
const COMMON_RULES: ReadonlyMap<string, { readonly sentence: string }> = new Map([
  ['crash', { sentence: 'No scenario takes down the process that executes it.' }],
  ['hang', { sentence: 'Every scenario ends before its deadline.' }],
  ['kernel-log', { sentence: 'The kernel reports no trouble while a scenario runs.' }],
]);

/** Rules by id. */
export type RuleBook = ReadonlyMap<string, Pick<Rule, 'sentence'> & Partial<Rule>>;

export function ruleBook(rules: readonly Rule[]): RuleBook {
  return new Map([...COMMON_RULES, ...rules.map((rule) => [rule.id, rule] as const)]);
}

/** The sentence of a rule. */
export function sentenceOf(rules: RuleBook, id: string): string {
  return printable(rules.get(id)?.sentence ?? NO_SENTENCE);
}

/** The architecture that a rule is about, if it is not about all. */
function onlyOn({ arch }: Rule): string {
  return arch === undefined ? '' : `, only ${arch}`;
}

/** The page of one family's rules, in Markdown, in the order of their ids. */
export function rulesPage(family: string, rules: readonly Rule[]): string {
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  const entries = sorted.map(
    (rule) => `### \`${rule.id}\`\n\n${rule.sentence}\n\n*${rule.tier}*${onlyOn(rule)}; source: ${rule.source}\n`,
  );
  return `## Family \`${family}\`: ${rules.length} rules\n\n${entries.join('\n')}`;
}
