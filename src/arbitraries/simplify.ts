import { isValidStage2 } from '../scenario/stage2/constraints.js';
import { MAX_STEPS } from '../scenario/stage2/layout.js';
import { withConfig, type Stage2Config, type Stage2Scenario, type Step } from '../scenario/stage2.js';
import { fewerSteps } from './fewerSteps.js';
import { complexity } from './stage2/complexity.js';
import { PLAIN } from './stage2/plain.js';
import { adaptSteps } from './stage2/simplify/adapt.js';
import { simplerConfigs } from './stage2/simplify/config.js';
import { simplerSteps } from './stage2/simplify/steps.js';
import { simplerTogether } from './stage2/simplify/together.js';

export { complexity } from './stage2/complexity.js';

interface Parts {
  readonly config: Stage2Config;
  readonly steps: Step[];
}

function* candidates(scenario: Stage2Scenario): Generator<Parts> {
  const { arch, config, steps } = scenario;
  for (const fewer of fewerSteps(steps)) yield { config, steps: fewer };
  for (const simpler of simplerConfigs(config)) yield { config: simpler, steps: adaptSteps(steps, config, simpler) };
  yield* simplerTogether(scenario);
  for (const [i, step] of steps.entries()) {
    for (const replacement of simplerSteps(step, PLAIN[arch]))
      yield { config, steps: steps.toSpliced(i, 1, ...replacement) };
  }
}

/**
 * The moves of the reducer: scenarios that differ from this one by a small change. Each is valid and has a smaller
 * {@link complexity}, so that taking moves ends, wherever they lead. The boldest moves come first.
 */
export function* simplifyStage2(scenario: Stage2Scenario): Generator<Stage2Scenario, void, undefined> {
  const limit = complexity(scenario);
  for (const { config, steps } of candidates(scenario)) {
    // A race is more complex than the accesses that it is taken apart into, which can be too many steps.
    if (steps.length > MAX_STEPS) continue;
    const candidate = withConfig({ ...scenario, steps }, config);
    if (complexity(candidate) < limit && isValidStage2(candidate)) yield candidate;
  }
}
