import type { RuleId } from '../../model/expectation.js';

/** What came of one deliberate fault. */
export interface PlantResult {
  /** As `--plant` names it. */
  readonly plant: string;
  readonly caught: boolean;
  /** Scenarios that were executed with the fault, up to the one that showed it. */
  readonly scenarios: number;
  /** Rules that broke; none when it was not caught. */
  readonly rules: readonly RuleId[];
  /** Why it could not be tried, in one sentence. */
  readonly problem: string | undefined;
}

/** Whether a campaign notices faults that it commits itself: one round over all that its family names. */
export interface CanaryResult {
  readonly family: string;
  readonly target: string;
  /** Every one was caught. */
  readonly caught: boolean;
  /** The same in one sentence. */
  readonly detail: string;
  readonly plants: readonly PlantResult[];
}

export function canaryResult(family: string, target: string, plants: readonly PlantResult[]): CanaryResult {
  const missed = plants.find(({ caught }) => !caught);
  const caught = missed === undefined;
  const detail = caught ? `caught ${plants.map(caughtWords).join(', ')}` : missedWords(missed);
  return { family, target, caught, detail, plants };
}

function caughtWords({ plant, scenarios }: PlantResult): string {
  return `${plant} after ${scenarios} scenario${scenarios === 1 ? '' : 's'}`;
}

function missedWords({ plant, scenarios, problem }: PlantResult): string {
  if (problem !== undefined) return `the deliberate fault ${plant} could not be tried: ${problem}`;
  return `the deliberate fault ${plant} was not noticed in ${scenarios} scenarios`;
}

/** That the results of a campaign do not count. */
export function brokenSentence({ family, target, detail }: CanaryResult): string {
  return `this run is broken: ${detail} (${family} on ${target}), so that real faults may go unnoticed, too`;
}
