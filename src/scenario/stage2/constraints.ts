import type { Stage2Scenario } from '../stage2.js';
import { archOf, leafPages } from './arch.js';
import type { DataRegion, PtRegion, Stage2Config } from './config.js';
import { within, type Problem } from './constraints/check.js';
import { stepProblem } from './constraints/steps.js';
import { noOffsetWithHugePages, uffdProblem } from './constraints/uffd.js';

export type { Problem } from './constraints/check.js';
export { accessProblem, hitsFetchStub } from './constraints/access.js';
export { RACE_OPS } from './constraints/steps.js';

function regionProblem(region: PtRegion | DataRegion | null, config: Stage2Config): Problem | undefined {
  if (region === null) return undefined;
  const uffd = region.uffd === null ? undefined : uffdProblem(region.uffd, region.backing, config);
  if (uffd !== undefined || !('offsetPages' in region)) return uffd;
  return noOffsetWithHugePages(region) ?? wholeLeaves(region, config);
}

/** A leaf entry maps all of its pages, so regions begin and end with one. */
function wholeLeaves({ pages, offsetPages }: DataRegion, config: Stage2Config): Problem | undefined {
  const unit = leafPages(config);
  if (pages % unit !== 0) return { path: '.pages', problem: `must be a multiple of the granule's ${unit} pages` };
  if (offsetPages % unit === 0) return undefined;
  return { path: '.offsetPages', problem: `must be a multiple of the granule's ${unit} pages` };
}

function noneProblem(config: Stage2Config): Problem | undefined {
  const unit = leafPages(config);
  if (config.none.pages % unit === 0) return undefined;
  return { path: '.pages', problem: `must be a multiple of the granule's ${unit} pages` };
}

/** FEAT_HAFDBS has no management of the dirty state alone. */
function hdNeedsHa(config: Stage2Config): Problem | undefined {
  if (archOf(config) === 'x86_64' || !('hd' in config) || !config.hd || config.ha) return undefined;
  return { path: '.hd', problem: 'needs ha' };
}

/** What a configuration breaks, if anything, with the path below `config`. */
function configProblem(config: Stage2Config): Problem | undefined {
  return (
    within('.pt', regionProblem(config.pt, config)) ??
    within('.data', regionProblem(config.data, config)) ??
    within('.data2', regionProblem(config.data2, config)) ??
    within('.none', noneProblem(config)) ??
    hdNeedsHa(config)
  );
}

/** Each rule between fields that a scenario breaks, with paths from `$`; none for a valid scenario. At most one per step. */
export function* stage2Problems(scenario: Stage2Scenario): Generator<Problem, void> {
  const config = configProblem(scenario.config);
  if (config !== undefined) yield { path: `$.config${config.path}`, problem: config.problem };
  for (const [i, step] of scenario.steps.entries()) {
    const found = stepProblem(step, scenario.config);
    if (found !== undefined) yield { path: `$.steps[${i}]${found.path}`, problem: found.problem };
  }
}

/** A scenario of the right shape keeps all rules between fields. */
export function isValidStage2(scenario: Stage2Scenario): boolean {
  return stage2Problems(scenario).next().done === true;
}
