import { reduce } from '../arbitraries/reduce.js';
import type { Family } from '../campaign/family.js';
import type { Judged } from '../campaign/pipeline.js';
import type { Executes } from './executes.js';
import type { StateKeeper } from './minimizeState.js';
import { lookFor, mannerFor, reproduce, type Reproduced } from './reproduce.js';

export interface MinimizeSettings {
  /** Only a scenario that fails with this signature takes the place of a larger one. */
  readonly signature: string;
  /** Candidates that are executed at a time. */
  readonly width: number;
  readonly state: StateKeeper;
  readonly stop: { readonly requested: boolean };
  /** Told when a simpler scenario was found. */
  readonly simpler?: (scenario: unknown, executions: number) => void;
}

/** How far a scenario is from nothing. */
export interface Size {
  readonly steps: number;
  /** The family's own measure, of which each move takes something away; undefined when it has none. */
  readonly complexity: number | undefined;
}

export interface Minimized {
  /**
   * `minimal`: nothing more can go. `stopped`: it can go on. `gone`: the case does not fail with its signature. `lost`: the
   * smaller scenario did not come back at all, so the case is to stay as it is.
   */
  readonly end: 'minimal' | 'stopped' | 'gone' | 'lost';
  readonly scenario: unknown;
  readonly before: Size;
  readonly now: Size;
  readonly executions: number;
  /** How often the scenario that there was before came back, and the one that there is now. */
  readonly first: Reproduced;
  readonly last: Reproduced;
}

/**
 * Makes a scenario as small as it gets while its fault keeps the signature. It goes on from what `state` holds. A fault that comes
 * and goes is looked for as often as its rate asks for.
 */
export async function minimize(
  family: Family<unknown, unknown>,
  executes: Executes,
  original: unknown,
  settings: MinimizeSettings,
): Promise<Minimized> {
  const { signature, state, stop } = settings;
  const isSame = (judged: Judged): boolean => judged.signature?.text === signature;
  const sizes = (): Pick<Minimized, 'scenario' | 'before' | 'now' | 'executions'> => ({
    scenario: state.scenario,
    before: sizeOf(family, original),
    now: sizeOf(family, state.scenario),
    executions: state.executions,
  });
  const first = await reproduce(executes, original, isSame);
  if (first.shown === undefined) return { end: 'gone', ...sizes(), first, last: first };
  const minimal = await descend(family, executes, mannerFor(first.reproduction), isSame, settings);
  const last = await reproduce(executes, state.scenario, isSame);
  if (last.shown === undefined) return { end: 'lost', ...sizes(), first, last };
  return { end: minimal && !stop.requested ? 'minimal' : 'stopped', ...sizes(), first, last };
}

/** True: no move is left. */
async function descend(
  family: Family<unknown, unknown>,
  executes: Executes,
  manner: ReturnType<typeof mannerFor>,
  isSame: (judged: Judged) => boolean,
  { state, stop, width, simpler }: MinimizeSettings,
): Promise<boolean> {
  const stillFails = async (scenario: unknown): Promise<boolean> => {
    if (state.wasRefused(scenario)) return false;
    const { found, executions } = await lookFor(executes, scenario, manner, isSame, stop);
    state.executed(executions);
    // An interrupted question has no answer.
    if (!found && !stop.requested) state.refuse(scenario);
    return found;
  };
  const { minimal } = await reduce(state.scenario, (scenario) => family.simplify(scenario), stillFails, {
    width,
    stop,
    taken: (scenario) => {
      state.take(scenario);
      simpler?.(scenario, state.executions);
    },
  });
  return minimal;
}

export function sizeOf(family: Family<unknown, unknown>, scenario: unknown): Size {
  return { steps: family.size(scenario), complexity: family.complexity?.(scenario) };
}
