import type { LoadedCase } from '../corpus/load.js';
import { caseRate, type Duplicate } from '../triage/dedupe.js';
import { plural, printable } from '../util/text.js';
import { sizeWords } from './minimize.js';
import { type Terminal, stylesOf } from './terminal.js';
import { hanging, percent } from './text.js';

/** What becomes of a superfluous case. */
export type Fate = 'removed' | 'would go' | 'stays';

/** A finding that does not fail any more. */
export interface Gone {
  readonly loaded: LoadedCase;
  /** Executions, all of which matched. */
  readonly times: number;
}

export interface DedupeReport {
  /** Number of cases that were looked at. */
  readonly cases: number;
  readonly duplicates: readonly Duplicate[];
  readonly gone: readonly Gone[];
  /** Where findings were executed, if they were. */
  readonly target: string | undefined;
  readonly fateOf: (loaded: LoadedCase) => Fate;
}

/** The cases that are kept, each with those that it makes superfluous, and what does not fail any more. */
export function formatDedupe({ cases, duplicates, gone, target, fateOf }: DedupeReport, terminal: Terminal): string[] {
  const { bold } = stylesOf(terminal);
  const row = (loaded: LoadedCase, text: string): string[] =>
    hanging(`  ${fateOf(loaded).padEnd(8)}  `, `${printable(loaded.file)}: ${text}`, terminal.columns);
  const keepers = [...new Set(duplicates.map(({ of }) => of))];
  const lines = [
    ...keepers.flatMap((keeper) => [
      printable(keeper.file),
      ...duplicates.filter(({ of }) => of === keeper).flatMap((one) => row(one.loaded, reason(one))),
    ]),
    ...(gone.length === 0 ? [] : [`gone on ${printable(target ?? '')}`]),
    ...gone.flatMap(({ loaded, times }) => row(loaded, `it matched in all of ${times} executions`)),
  ];
  const fates = [...new Set([...duplicates, ...gone].map(({ loaded }) => loaded))].map(fateOf);
  const count = (fate: Fate): number => fates.filter((one) => one === fate).length;
  const totals = [
    plural(duplicates.length, 'duplicate'),
    ...(target === undefined ? [] : [`${gone.length} gone on ${printable(target)}`]),
    ...(count('removed') === 0 ? [] : [`${count('removed')} removed`]),
    ...(count('would go') === 0 ? [] : [`${count('would go')} to be removed with --write`]),
  ];
  return [...lines, ...(lines.length === 0 ? [] : ['']), bold(`${plural(cases, 'case')}: ${totals.join(', ')}`)];
}

function reason({ loaded, of, same, why, sizes }: Duplicate): string {
  const [ours, theirs] = [sizeWords(sizes.loaded), sizeWords(sizes.of)];
  const [rate, best] = [caseRate(loaded.case), caseRate(of.case)].map((share) => percent(share, 1));
  const words = {
    pinned: 'the other one is pinned',
    fails: 'the other one still fails',
    simpler:
      ours === theirs
        ? 'the other one is written in fewer words'
        : `the other one is simpler, ${theirs} against ${ours}`,
    rate: `the other one comes back more often, ${best ?? ''} against ${rate ?? ''}`,
    name: 'nothing tells them apart',
  };
  return `the same ${same}; ${words[why]}${loaded.case.kind === 'pinned' ? '; pinned cases are yours to remove' : ''}`;
}

/** The report for scripts. */
export function dedupeFacts({ cases, duplicates, gone, target, fateOf }: DedupeReport): object {
  return {
    cases,
    target,
    duplicates: duplicates.map(({ loaded, of, same, why, sizes }) => {
      const { file, case: value } = loaded;
      return { file, kind: value.kind, of: of.file, same, why, sizes, rate: caseRate(value), fate: fateOf(loaded) };
    }),
    gone: gone.map(({ loaded, times }) => ({ file: loaded.file, times, fate: fateOf(loaded) })),
  };
}
