import type { Family } from '../campaign/family.js';
import type { Case } from '../corpus/case.js';
import { brokenRules } from '../oracle/verdictLine.js';
import type { Minimized } from './minimize.js';

/** The case with the smaller scenario, and with what was seen of it. */
export function minimizedCase(value: Case, family: Family<unknown, unknown>, minimized: Minimized): Case {
  const { scenario, last } = minimized;
  const execution = last.shown?.execution;
  const timeline = (execution?.timeline ?? []).map(({ step, expected, observed }) => ({
    step,
    expected: [...expected],
    observed: [...observed],
  }));
  const found = value.found && {
    ...value.found,
    minimized: minimizedWords(minimized),
    reproduction: { ...last.reproduction },
  };
  return {
    ...value,
    rules:
      execution?.verdict.kind === 'divergence'
        ? rulesOf(value, family, brokenRules(execution.verdict.mismatches))
        : value.rules,
    scenario,
    // What was seen of the larger scenario says nothing of this one.
    timeline: timeline.length > 0 ? timeline : undefined,
    ...(found === undefined ? {} : { found }),
  };
}

/** `from 7 to 3 steps in 212 executions; nothing more can go`. */
export function minimizedWords({ before, now, executions, end }: Minimized): string {
  const how = end === 'minimal' ? 'nothing more can go' : 'stopped before the end';
  return `from ${before.steps} to ${now.steps} steps in ${executions} executions; ${how}`;
}

function rulesOf(value: Case, family: Family<unknown, unknown>, ids: readonly string[]): Case['rules'] {
  const sentences = new Map([...value.rules, ...family.rules].map(({ id, sentence }) => [id, sentence]));
  return ids.map((id) => ({ id, sentence: sentences.get(id) ?? '' }));
}
