import type { Variation } from '../arbitraries/vary.js';
import type { Family } from '../campaign/family.js';
import type { Judged } from '../campaign/pipeline.js';
import type { Executes } from './executes.js';
import { lookFor, type Manner, mannerFor, reproduce, type Reproduced } from './reproduce.js';

/**
 * What became of the failure with one change. `fails`: the same rules break. `passes`: everything matches. `unasked`: so it does, and
 * the rules decide nothing any more. `other`: something else breaks. `unable`: this machine cannot execute it.
 */
export type Effect = 'fails' | 'passes' | 'unasked' | 'other' | 'unable';

export interface Tried {
  readonly to: string;
  readonly effect: Effect;
  /** Rules that broke instead, or why it cannot be executed. */
  readonly detail: string;
}

/** One thing in the scenario, and what comes of changing it. */
export interface Explained {
  readonly field: string;
  readonly from: string;
  /** Undefined: this machine can execute none of the changes. */
  readonly matters: boolean | undefined;
  readonly tried: readonly Tried[];
}

export interface Explanation {
  /** How often the scenario itself failed; without a single time, nothing was varied. */
  readonly first: Reproduced;
  /** Rules that break first. */
  readonly rules: readonly string[];
  readonly fields: readonly Explained[];
  readonly executions: number;
}

/** Changes a scenario in one place at a time, and tells which changes keep its failure. */
export async function explain(
  family: Family<unknown, unknown>,
  executes: Executes,
  scenario: unknown,
  signature: string,
  stop: { readonly requested: boolean },
): Promise<Explanation> {
  const first = await reproduce(executes, scenario, (judged) => judged.signature?.text === signature);
  const rules = first.shown?.signature?.rules ?? [];
  if (first.shown === undefined) return { first, rules, fields: [], executions: 0 };
  const manner = mannerFor(first.reproduction);
  let executed = 0;
  const results = await Promise.all(
    [...variationsOf(family, scenario)].map(async (variation) => {
      const { tried, executions } = await tryOne(executes, variation, rules, manner, stop);
      executed += executions;
      return { variation, tried };
    }),
  );
  const names = [...new Set(results.map(({ variation }) => variation.field))];
  const fields = names.map((field) =>
    explained(
      field,
      results.filter(({ variation }) => variation.field === field),
    ),
  );
  return { first, rules, fields, executions: executed };
}

/** A family that says nothing of its fields is varied by the moves of its reducer. */
function variationsOf(family: Family<unknown, unknown>, scenario: unknown): Iterable<Variation<unknown>> {
  if (family.variations !== undefined) return family.variations(scenario);
  return [...family.simplify(scenario)].map((simpler) => ({
    field: 'simpler',
    from: '',
    to: JSON.stringify(simpler),
    scenario: simpler,
  }));
}

async function tryOne(
  executes: Executes,
  { to, scenario }: Variation<unknown>,
  rules: readonly string[],
  manner: Manner,
  stop: { readonly requested: boolean },
): Promise<{ readonly tried: Tried | undefined; readonly executions: number }> {
  const breaksThese = ({ signature }: Judged): boolean => signature?.rules.join('+') === rules.join('+');
  const { found, judged, executions } = await lookFor(executes, scenario, manner, breaksThese, stop);
  if (judged === undefined || (stop.requested && !found)) return { tried: undefined, executions };
  return { tried: { to, ...effectOf(judged, found, rules) }, executions };
}

function effectOf({ execution, signature }: Judged, found: boolean, rules: readonly string[]): Omit<Tried, 'to'> {
  const { verdict, decided } = execution;
  if (found) return { effect: 'fails', detail: '' };
  if (signature !== undefined) return { effect: 'other', detail: signature.rules.join(', ') };
  if (verdict.kind === 'skip') return { effect: 'unable', detail: verdict.reason };
  if (verdict.kind === 'harness') return { effect: 'unable', detail: verdict.detail };
  const asked = rules.some((rule) => (decided[rule] ?? 0) > 0);
  return { effect: asked ? 'passes' : 'unasked', detail: '' };
}

function explained(
  field: string,
  results: readonly { readonly variation: Variation<unknown>; readonly tried: Tried | undefined }[],
): Explained {
  const tried = results.flatMap((result) => result.tried ?? []);
  const told = tried.filter(({ effect }) => effect !== 'unable');
  const matters = told.length === 0 ? undefined : told.some(({ effect }) => effect !== 'fails');
  return { field, from: results[0]?.variation.from ?? '', matters, tried };
}
