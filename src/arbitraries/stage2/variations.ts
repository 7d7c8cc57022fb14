import { isValidStage2 } from '../../scenario/stage2/constraints.js';
import { isCompare, opInfo } from '../../scenario/stage2/ops.js';
import {
  type Access,
  type Stage2Config,
  Stage2Scenario,
  type Step,
  type Uffd,
  withConfig,
} from '../../scenario/stage2.js';
import { type Change, changed, changes, fieldWords, GONE, type Variation, valueAt, valueWords } from '../vary.js';
import { adaptSteps } from './simplify/adapt.js';

const MISSING: Uffd = {
  missing: true,
  minor: false,
  wp: false,
  missingAnswers: ['copy'],
  minorAnswer: 'continue',
  wpAnswer: 'unprotect',
  delayUs: 0,
};

/** What stands for a thing that the scenario does not have. */
function* additions({ data, data2, pt }: Stage2Config): Generator<Change> {
  if (pt.uffd === null) yield { path: ['config', 'pt', 'uffd'], to: MISSING };
  if (data.uffd === null) yield { path: ['config', 'data', 'uffd'], to: MISSING };
  if (data2 === null) yield { path: ['config', 'data2'], to: { ...data, uffd: null } };
}

/** An access with another operation keeps what that operation can have. */
function fitting(access: Access): Access {
  const { widths, rep, peer } = opInfo(access.op);
  return {
    ...access,
    width: widths.includes(access.width) ? access.width : ((widths[0] ?? 8) as Access['width']),
    comparand: isCompare(access.op) ? access.comparand : 'initial',
    count: rep ? access.count : 1,
    peer: peer === 'none' ? { region: 'scratch' } : access.peer,
  };
}

/** The rest of the scenario follows a change as far as it must. */
function followed(before: Stage2Scenario, after: Stage2Scenario): Stage2Scenario {
  const steps = after.steps.map((step: Step) => (step.kind === 'access' ? fitting(step) : step));
  const config = minorNeedsShared(after.config);
  return withConfig({ ...after, steps: adaptSteps(steps, before.config, config) }, config);
}

/** Memory that became private has no minor faults: a registration for them goes along. */
function minorNeedsShared(config: Stage2Config): Stage2Config {
  const isPrivate = (region: { backing: string }): boolean =>
    !['shmem', 'memfd', 'hugetlb_shared'].includes(region.backing);
  const fit = <R extends { backing: string; uffd: Uffd | null }>(region: R): R => {
    const { uffd } = region;
    if (uffd?.minor !== true || !isPrivate(region)) return region;
    const without = uffd.missing || uffd.wp ? ({ ...uffd, minor: false, minorAnswer: 'continue' } as const) : null;
    return { ...region, uffd: without };
  };
  return { ...config, pt: fit(config.pt), data: fit(config.data), data2: config.data2 && fit(config.data2) };
}

/** Valid scenarios that differ from this one in one field, or in that one step is left out. */
export function* stage2Variations(scenario: Stage2Scenario): Generator<Variation<Stage2Scenario>> {
  const seen = new Set([JSON.stringify(scenario)]);
  for (const change of [...changes(Stage2Scenario, scenario), ...additions(scenario.config)]) {
    const candidate = followed(scenario, changed(scenario, change) as Stage2Scenario);
    const key = JSON.stringify(candidate);
    // What follows a change may undo it.
    if (seen.has(key) || !isValidStage2(candidate)) continue;
    seen.add(key);
    const now = valueAt(scenario, change.path);
    const from = change.to === GONE ? '' : valueWords(now);
    yield { field: fieldWords(change.path), from, to: valueWords(change.to), scenario: candidate };
  }
}
