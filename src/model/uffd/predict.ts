import type { UffdProfile } from '../../scenario/uffd/profile.js';
import type { UffdScenario, UffdStep } from '../../scenario/uffd.js';
import type { UffdExpectation, UffdStepExpectation } from './expectation.js';
import { stepAdvise } from './advise.js';
import { stepApi } from './handshake.js';
import { expectEnd, stepPagemap } from './end.js';
import { stepExit, stepFork } from './fork.js';
import { finishHeld } from './letGo.js';
import { stepIoctl } from './ioctls/index.js';
import { Docket, R, UFFD_RULES, type BookRule } from './rules/index.js';
import { skipReason } from './skips.js';
import { Run } from './state.js';
import { stepAccess } from './threads.js';

function interpret(run: Run, step: UffdStep): void {
  switch (step.kind) {
    case 'access':
      stepAccess(run, step);
      return;
    case 'ioctl':
      stepIoctl(run, step);
      return;
    case 'api':
      stepApi(run, step);
      return;
    case 'pagemap':
      stepPagemap(run, step);
      return;
    case 'advise':
      stepAdvise(run, step);
      return;
    case 'fork':
      stepFork(run);
      return;
    case 'exit':
      stepExit(run);
      return;
  }
}

/** The expectation of what `interpret` makes of the run; nothing once the run has lost track. */
function predict(run: Run, act: () => void): UffdStepExpectation {
  run.events = [];
  if (run.lost === undefined) act();
  const { events, lost } = run;
  return lost === undefined || !run.docket.holds(R.content.open) ? { events } : { events: [], open: lost.id };
}

/**
 * Predicts what a machine with this profile must show for a scenario.
 *
 * @param broken a rule that is taken not to hold: a planted fault of the model.
 */
export function predictUffd(scenario: UffdScenario, profile: UffdProfile, broken?: BookRule): UffdExpectation {
  const docket = new Docket(broken);
  const skip = skipReason(scenario, profile);
  const run = new Run(scenario.config, profile, docket);
  const wanted = skip === undefined ? scenario.steps : [];
  const steps = wanted.map((step, i) =>
    predict(run, () => {
      const kept = run.held !== undefined;
      const next = wanted[i + 1]?.kind;
      run.mayHold = !kept && next !== undefined && next !== 'fork';
      interpret(run, step);
      if (kept) finishHeld(run);
    }),
  );
  const end = predict(run, () => {
    if (skip === undefined) expectEnd(run);
  });
  return new UffdPrediction(skip, steps, end, docket);
}

/** The expectation of one prediction. */
class UffdPrediction implements UffdExpectation {
  constructor(
    readonly skip: string | undefined,
    readonly steps: readonly UffdStepExpectation[],
    readonly end: UffdStepExpectation,
    private readonly docket: Docket,
  ) {}

  get decided(): ReadonlyMap<string, number> {
    return this.docket.decided();
  }

  get decisions(): readonly number[] {
    return this.docket.counts;
  }
}

/** The rule with an id, for planted faults. */
export function uffdRule(id: string): BookRule | undefined {
  return UFFD_RULES.find((rule) => rule.id === id);
}
