import type { Stage2Config } from '../config.js';
import { ptPages } from '../arch.js';
import type { AccessRegion, SlotRegion } from '../steps.js';

/** What is wrong, and where. The path is relative to the value that was checked: `.page`, or empty. */
export interface Problem {
  readonly path: string;
  readonly problem: string;
}

/** One rule between fields: undefined when the value keeps it. */
export type Check<T> = (value: T, config: Stage2Config) => Problem | undefined;

/** Prefixes the path of a problem with the field that the checked value came from. */
export function within(path: string, problem: Problem | undefined): Problem | undefined {
  return problem && { path: path + problem.path, problem: problem.problem };
}

/** The first problem that any of the checks finds. */
export function firstProblem<T>(
  checks: readonly Check<T>[],
  value: T,
  config: Stage2Config,
  path = '',
): Problem | undefined {
  for (const check of checks) {
    const found = check(value, config);
    if (found !== undefined) return within(path, found);
  }
  return undefined;
}

/** Pages that a step may name in a region; 0 for a region that the configuration does not have. */
export function regionPages(config: Stage2Config, region: AccessRegion | SlotRegion): number {
  switch (region) {
    case 'pt':
      return ptPages(config);
    case 'data':
      return config.data.pages;
    case 'data2':
      return config.data2?.pages ?? 0;
    case 'none':
      return config.none.pages;
  }
}

/** A step can only name a region that the configuration has. */
export function regionExists(region: AccessRegion | SlotRegion, config: Stage2Config): Problem | undefined {
  if (region !== 'data2' || config.data2 !== null) return undefined;
  return { path: '.region', problem: 'the configuration has no data2 region' };
}

/** A step can only name pages that its region has. */
export function rangeInside(
  range: { readonly region: AccessRegion | SlotRegion; readonly page: number; readonly pages: number },
  config: Stage2Config,
): Problem | undefined {
  const missing = regionExists(range.region, config);
  if (missing !== undefined) return missing;
  const pages = regionPages(config, range.region);
  if (range.page >= pages) return { path: '.page', problem: `the ${range.region} region has only ${pages} pages` };
  if (range.page + range.pages <= pages) return undefined;
  return { path: '.pages', problem: `the range ends beyond the ${pages} pages of the ${range.region} region` };
}
