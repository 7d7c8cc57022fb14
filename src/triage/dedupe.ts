import type { Family } from '../campaign/family.js';
import type { Case } from '../corpus/case.js';
import type { LoadedCase } from '../corpus/load.js';
import { rateOf } from './buckets.js';
import { type Size, sizeOf } from './minimize.js';

/**
 * Why a case is kept in the place of another, the weightiest first. `fails`: it still fails, and the other one is gone. `name`:
 * nothing tells them apart.
 */
export type Preference = 'pinned' | 'fails' | 'simpler' | 'rate' | 'name';

/** A case that another one makes superfluous. */
export interface Duplicate {
  readonly loaded: LoadedCase;
  /** The case that is preferred to it; one with its signature may itself be superfluous, by a third one with its scenario. */
  readonly of: LoadedCase;
  /** What both have. */
  readonly same: 'signature' | 'scenario';
  readonly why: Preference;
  readonly sizes: { readonly loaded: Size; readonly of: Size };
}

/**
 * Finds cases that another one makes superfluous: findings with one signature, and cases with one scenario. A pinned case and a
 * finding with one signature are no duplicates as long as their scenarios differ: that is a fault that came back in another way.
 *
 * @param cases of one family; their scenarios are as the family's parser leaves them.
 * @param gone files of findings that match by now.
 */
export function dedupe(
  cases: readonly LoadedCase[],
  family: Family<unknown, unknown>,
  gone: ReadonlySet<string> = new Set(),
): Duplicate[] {
  const ranked = cases.map((loaded) => rank(loaded, family, gone)).sort(inOrder);
  // Scenarios come second: what stood for others with its signature goes only when its scenario stays.
  const bySignature = superfluous(ranked, 'signature', ({ kind, signature }) =>
    kind === 'finding' ? signature : undefined,
  );
  const goes = new Set(bySignature.map(({ loaded }) => loaded));
  const left = ranked.filter(({ loaded }) => !goes.has(loaded));
  return [...bySignature, ...superfluous(left, 'scenario', ({ scenario }) => JSON.stringify(scenario))];
}

interface Ranked {
  readonly loaded: LoadedCase;
  readonly size: Size;
  /** Lower is better; the first difference decides. */
  readonly ranks: readonly (readonly [Preference, number])[];
}

function rank(loaded: LoadedCase, family: Family<unknown, unknown>, gone: ReadonlySet<string>): Ranked {
  const { file, case: value } = loaded;
  const size = sizeOf(family, value.scenario);
  return {
    loaded,
    size,
    ranks: [
      ['pinned', value.kind === 'pinned' ? 0 : 1],
      ['fails', gone.has(file) ? 1 : 0],
      ['simpler', size.complexity ?? 0],
      ['simpler', size.steps],
      ['simpler', JSON.stringify(value.scenario).length],
      ['rate', -caseRate(value)],
    ],
  };
}

/** Share of the tries in which a case came back; 0 when nobody tried. */
export function caseRate({ found }: Case): number {
  const rate = rateOf(found?.reproduction);
  return rate === undefined || Number.isNaN(rate) ? 0 : rate;
}

/** What comes behind another one with the same key. */
function superfluous(
  ranked: readonly Ranked[],
  same: Duplicate['same'],
  keyOf: (value: Case) => string | undefined,
): Duplicate[] {
  const best = new Map<string, Ranked>();
  return ranked.flatMap((one) => {
    const key = keyOf(one.loaded.case);
    const of = key === undefined ? undefined : best.get(key);
    if (key !== undefined && of === undefined) best.set(key, one);
    if (of === undefined) return [];
    const sizes = { loaded: one.size, of: of.size };
    return [{ loaded: one.loaded, of: of.loaded, same, why: difference(of, one)?.why ?? 'name', sizes }];
  });
}

function inOrder(a: Ranked, b: Ranked): number {
  return difference(a, b)?.order ?? (a.loaded.file < b.loaded.file ? -1 : 1);
}

/** The first rank in which they differ; `order` is negative when the first is better. */
function difference(a: Ranked, b: Ranked): { readonly why: Preference; readonly order: number } | undefined {
  for (const [i, [why, ours]] of a.ranks.entries()) {
    const order = ours - (b.ranks[i]?.[1] ?? 0);
    if (order !== 0) return { why, order };
  }
  return undefined;
}
