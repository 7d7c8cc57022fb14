import { complexity, simplifyStage2 } from '../../arbitraries/simplify.js';
import { stage2Arbitrary } from '../../arbitraries/stage2.js';
import { stage2Variations } from '../../arbitraries/stage2/variations.js';
import { stage2Fields } from '../../arbitraries/stage2/fields.js';
import { stage2Sweep } from '../../arbitraries/stage2/sweep.js';
import { END_STEP, type Observation } from '../../driver/observation.js';
import { decodeStage2 } from '../../driver/wire/decode.js';
import { appendStage2 } from '../../driver/wire/encode.js';
import { applicableRules } from '../../model/stage2/applicable.js';
import { predictStage2, stage2Rule } from '../../model/stage2/predict.js';
import { STAGE2_RULES, type BookRule } from '../../model/stage2/rules/index.js';
import type { Expectation, StepExpectation } from '../../model/expectation.js';
import { judgeStage2 } from '../../oracle/stage2.js';
import { expectedText, observedText } from '../../oracle/stage2/words.js';
import type { Mismatch } from '../../oracle/verdict.js';
import { parseStage2 } from '../../scenario/parse.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';
import { probe } from '../../driver/probe.js';
import type { Stage2Profile } from '../../scenario/profile.js';
import type { Family, TimelineRow } from '../family.js';
import { plantedRule } from './planted.js';
import { stage2Picture } from './stage2Picture.js';
import { configurationWords, privilegeWord, stepShape, stepText } from './stage2Words.js';

function expectedLines(expectation: StepExpectation | undefined): string[] {
  if (expectation === undefined) return [];
  if (expectation.unspecified !== undefined) return [`anything (${expectation.unspecified})`];
  return expectation.outcomes.flatMap(({ events }, i) => [...(i > 0 ? ['or'] : []), ...events.map(expectedText)]);
}

function timeline(scenario: Stage2Scenario, expectation: Expectation, observation: Observation): TimelineRow[] {
  const seen = (step: number): string[] => observation.events.filter((event) => event.step === step).map(observedText);
  const rows = scenario.steps.map((step, index) => ({
    step: stepText(step),
    expected: expectedLines(expectation.steps[index]),
    observed: seen(index),
  }));
  const pages = expectation.pages.map(
    ({ region, page, bases, words }) => `${region}[${page}] holds ${bases.join(' or ')}, ${words.size} words written`,
  );
  const expected = [...expectedLines(expectation.end), ...(expectation.openPages ? ['any memory content'] : pages)];
  const end = { step: 'end', expected, observed: seen(END_STEP) };
  return end.expected.length + end.observed.length > 0 ? [...rows, end] : rows;
}

/** The family whose model takes `broken` not to hold. */
function familyWith(broken: BookRule | undefined): Family<Stage2Scenario, Observation, Stage2Profile, Expectation> {
  return {
    name: 'stage2',
    needsKvm: true,
    rules: STAGE2_RULES,
    parse: parseStage2,
    applicable: applicableRules,
    arch: ({ arch }) => arch,
    probe,
    arbitrary: stage2Arbitrary,
    fields: stage2Fields,
    sweep: stage2Sweep,
    predict: (scenario, profile) => predictStage2(scenario, profile, broken),
    encode: appendStage2,
    decode: decodeStage2,
    judge: (_scenario, expectation, observation) => judgeStage2(expectation, observation),
    simplify: simplifyStage2,
    variations: stage2Variations,
    complexity,
    size: ({ steps }) => steps.length,
    configuration: configurationWords,
    shape: (scenario, mismatch: Mismatch | undefined) =>
      `${stepShape(mismatch && scenario.steps[mismatch.step])} at ${privilegeWord(scenario.config)}`,
    timeline,
    picture: stage2Picture,
    canaries: () => ['driver:flip_read_value', 'driver:drop_dirty_bit', 'model:access.load-value'],
    withPlant: (ruleId) => familyWith(plantedRule('stage2', ruleId, stage2Rule)),
  };
}

/** Guest accesses against memory that faults. */
export const stage2Family = familyWith(undefined);
