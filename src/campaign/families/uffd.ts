import { uffdArbitrary } from '../../arbitraries/uffd.js';
import { simplifyUffd } from '../../arbitraries/uffd/simplify.js';
import { END_STEP } from '../../driver/observation.js';
import { probeUffd } from '../../driver/probe/uffd.js';
import { appendUffd, decodeUffd } from '../../driver/wire/uffd.js';
import type { UffdObservation } from '../../driver/wire/uffd/observation.js';
import { applicableUffdRules } from '../../model/uffd/applicable.js';
import type { UffdExpectation, UffdStepExpectation } from '../../model/uffd/expectation.js';
import { predictUffd, uffdRule } from '../../model/uffd/predict.js';
import { UFFD_RULES, type BookRule } from '../../model/uffd/rules/index.js';
import { judgeUffd } from '../../oracle/uffd.js';
import { expectedText, observedText } from '../../oracle/uffd/words.js';
import { parseUffd } from '../../scenario/parse.js';
import type { UffdProfile } from '../../scenario/uffd/profile.js';
import type { UffdScenario } from '../../scenario/uffd.js';
import type { Family, TimelineRow } from '../family.js';
import { plantedRule } from './planted.js';
import { uffdOutcomes } from './uffdOutcomes.js';
import { configurationWords, shapeWords, stepText } from './uffdWords.js';

function expectedLines(expectation: UffdStepExpectation | undefined): string[] {
  if (expectation?.open !== undefined) return [`anything (${expectation.open})`];
  return expectation?.events.map(expectedText) ?? [];
}

function timeline(scenario: UffdScenario, expectation: UffdExpectation, { events }: UffdObservation): TimelineRow[] {
  const seen = (step: number): string[] => events.filter((event) => event.step === step).map(observedText);
  const rows = scenario.steps.map((step, index) => ({
    step: stepText(step),
    expected: expectedLines(expectation.steps[index]),
    observed: seen(index),
  }));
  return [...rows, { step: 'end', expected: expectedLines(expectation.end), observed: seen(END_STEP) }];
}

/** The family whose model takes `broken` not to hold. */
function familyWith(broken: BookRule | undefined): Family<UffdScenario, UffdObservation, UffdProfile, UffdExpectation> {
  return {
    name: 'uffd',
    needsKvm: false,
    rules: UFFD_RULES,
    parse: parseUffd,
    applicable: applicableUffdRules,
    arch: () => undefined,
    probe: probeUffd,
    arbitrary: uffdArbitrary,
    outcomes: uffdOutcomes,
    predict: (scenario, profile) => predictUffd(scenario, profile, broken),
    encode: appendUffd,
    decode: decodeUffd,
    judge: (_scenario, expectation, observation) => judgeUffd(expectation, observation),
    simplify: simplifyUffd,
    size: ({ steps }) => steps.length,
    configuration: configurationWords,
    canaries: () => ['driver:flip_read_value', 'model:fault.missing', 'model:copy.exists'],
    shape: shapeWords,
    timeline,
    withPlant: (ruleId) => familyWith(plantedRule('uffd', ruleId, uffdRule)),
  };
}

/** userfaultfd itself, without a guest. */
export const uffdFamily = familyWith(undefined);
