import type { Expectation, StepExpectation } from '../model/expectation.js';
import { END_STEP, type Observation, type Observed } from '../driver/observation.js';
import { matchOutcome } from './stage2/match.js';
import { matchPages } from './stage2/pages.js';
import { matchesStraight } from './stage2/straight.js';
import type { Mismatch, Verdict } from './verdict.js';

/** Mismatches against the outcome that fits best, of the events from `start` to `end`. */
function judgeStep(
  step: number,
  expectation: StepExpectation,
  events: readonly Observed[],
  start: number,
  end: number,
): readonly Mismatch[] {
  for (const outcome of expectation.outcomes) if (matchesStraight(outcome, events, start, end)) return NONE;
  const own = events.slice(start, end);
  let best: Mismatch[] | undefined;
  for (const outcome of expectation.outcomes) {
    const mismatches = matchOutcome(step, outcome, own);
    if (mismatches.length === 0) return NONE;
    if (best === undefined || mismatches.length < best.length) best = mismatches;
  }
  return best ?? NONE;
}

const NONE: readonly Mismatch[] = [];

/** Index after the events of a step, which are contiguous and in order. */
function endOfStep(events: readonly Observed[], start: number, step: number): number {
  let end = start;
  while (events[end]?.step === step) end++;
  return end;
}

function judgeEvents(expectation: Expectation, events: readonly Observed[]): Mismatch[] {
  const mismatches: Mismatch[] = [];
  let at = 0;
  expectation.steps.forEach((step, index) => {
    const end = endOfStep(events, at, index);
    mismatches.push(...judgeStep(index, step, events, at, end));
    at = end;
  });
  let end = at;
  while (end < events.length && !isPage(events[end])) end++;
  const tail = end === events.length ? events : events.filter((event) => !isPage(event));
  mismatches.push(...judgeStep(END_STEP, expectation.end, tail, at, tail.length));
  mismatches.push(...matchPages(expectation, events, at));
  return mismatches;
}

function isPage(event: Observed | undefined): boolean {
  return event?.kind === 'page' || event?.kind === 'page_word';
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
  const mismatches = judgeEvents(expectation, observation.events);
  const [first, ...more] = mismatches;
  return first === undefined ? { kind: 'match' } : { kind: 'divergence', mismatches: [first, ...more] };
}
