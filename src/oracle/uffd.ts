import { END_STEP } from '../driver/observation.js';
import type { UffdObservation, UffdObserved } from '../driver/wire/uffd/observation.js';
import type { UffdExpectation, UffdExpected, UffdStepExpectation } from '../model/uffd/expectation.js';
import { broken, type Whole } from './uffd/compare.js';
import { expectedText, observedText } from './uffd/words.js';
import type { Mismatch, Verdict } from './verdict.js';

/** Words of a page that a mismatch names. */
const MAX_WORDS = 4;
const NOTHING = 'nothing more';
/** What a rule is called that forbids an event which none demands. */
const SILENCE = 'fault.none';

/** Puts each page together with the words that follow it. */
function whole(events: readonly UffdObserved[]): Whole[] {
  const wholes: Whole[] = [];
  let words = new Map<number, bigint>();
  for (const event of events) {
    if (event.kind === 'page_word') {
      words.set(event.offset, event.value);
      continue;
    }
    words = new Map();
    wholes.push(event.kind === 'page' ? { ...event, words } : event);
  }
  return wholes;
}

function ruleOf(expected: UffdExpected): string {
  return expected.kind === 'entry' ? expected.rules.present : expected.rule;
}

/** Text of a page with its words. */
function seenText(event: Whole): string {
  if (event.kind !== 'page') return observedText(event);
  const words = [...event.words].map(([offset, value]) => `, +0x${offset.toString(16)} 0x${value.toString(16)}`);
  const more = words.length > MAX_WORDS ? ', …' : '';
  return `${observedText(event)}${words.slice(0, MAX_WORDS).join('')}${more}`;
}

/** Events are in a fixed order, so that they are compared one by one; after one that does not fit in kind the rest tells nothing. */
function judgeStep(step: number, { events, open }: UffdStepExpectation, seen: readonly Whole[]): Mismatch[] {
  if (open !== undefined) return [];
  const mismatches: Mismatch[] = [];
  for (let i = 0; i < Math.max(events.length, seen.length); i++) {
    const expected = events[i];
    const one = seen[i];
    const rule = expected === undefined ? SILENCE : one === undefined ? ruleOf(expected) : broken(expected, one);
    if (rule === undefined) continue;
    mismatches.push({
      rule,
      step,
      expected: expected === undefined ? NOTHING : expectedText(expected),
      observed: one === undefined ? NOTHING : seenText(one),
    });
    if (expected?.kind !== one?.kind) break;
  }
  return mismatches;
}

/** Compares what was predicted with what was seen. */
export function judgeUffd(expectation: UffdExpectation, { status, detail, events }: UffdObservation): Verdict {
  switch (status) {
    case 'skipped':
      return { kind: 'skip', reason: detail };
    case 'refused':
    case 'fault':
      return { kind: 'harness', detail: `HARNESS: ${detail}` };
    case 'hang':
      return { kind: 'hang', step: events[events.length - 1]?.step ?? 0, detail };
    case 'ok':
      break;
  }
  if (expectation.skip !== undefined) return { kind: 'skip', reason: expectation.skip };
  const steps = [...expectation.steps.entries(), [END_STEP, expectation.end] as const];
  const mismatches = steps.flatMap(([step, expected]) =>
    judgeStep(step, expected, whole(events.filter((event) => event.step === step))),
  );
  const [first, ...more] = mismatches;
  return first === undefined ? { kind: 'match' } : { kind: 'divergence', mismatches: [first, ...more] };
}
