import type { Expectation, StepExpectation } from '../model/expectation.js';
import { END_STEP, type Observation, type Observed } from '../driver/observation.js';
import { matchOutcome } from './stage2/match.js';
import { matchPages } from './stage2/pages.js';
import type { Mismatch, Verdict } from './verdict.js';

const NONE: readonly Observed[] = [];

function groupBySteps(events: readonly Observed[]): Map<number, Observed[]> {
  const groups = new Map<number, Observed[]>();
  for (const event of events) {
    const group = groups.get(event.step);
    if (group === undefined) groups.set(event.step, [event]);
    else group.push(event);
  }
  return groups;
}

/** Mismatches against the outcome that fits best. */
function judgeStep(step: number, expectation: StepExpectation, events: readonly Observed[]): Mismatch[] {
  let best: Mismatch[] | undefined;
  for (const outcome of expectation.outcomes) {
    const mismatches = matchOutcome(step, outcome, events);
    if (mismatches.length === 0) return mismatches;
    if (best === undefined || mismatches.length < best.length) best = mismatches;
  }
  return best ?? [];
}

/** Compares what was predicted with what was seen. */
export function judgeStage2(expectation: Expectation, observation: Observation): Verdict {
  switch (observation.status) {
    case 'skipped':
      return { kind: 'skip', reason: observation.detail };
    case 'refused':
    case 'fault':
      return { kind: 'harness', detail: `HARNESS: ${observation.detail}` };
    case 'hang': {
      const last = observation.events[observation.events.length - 1];
      return { kind: 'hang', step: last?.step ?? 0, detail: observation.detail };
    }
    case 'ok':
      break;
  }
  if (expectation.skip !== undefined) return { kind: 'skip', reason: expectation.skip };
  const groups = groupBySteps(observation.events);
  const mismatches: Mismatch[] = [];
  expectation.steps.forEach((step, index) => {
    mismatches.push(...judgeStep(index, step, groups.get(index) ?? NONE));
  });
  const end = (groups.get(END_STEP) ?? NONE).filter((event) => event.kind !== 'page' && event.kind !== 'page_word');
  mismatches.push(...judgeStep(END_STEP, expectation.end, end));
  mismatches.push(...matchPages(expectation, observation.events));
  const [first, ...more] = mismatches;
  return first === undefined ? { kind: 'match' } : { kind: 'divergence', mismatches: [first, ...more] };
}
