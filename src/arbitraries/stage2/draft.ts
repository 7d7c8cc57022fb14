import { ptPages } from '../../scenario/stage2/arch.js';
import type { AccessRegion, DataRegion, PtRegion, SlotRegion, Stage2Config, Step } from '../../scenario/stage2.js';
import type { Dice } from './dice.js';
import type { Tables } from './tables.js';

const HOT_PAGES = 4;

/** A scenario in the making. */
export interface Draft {
  readonly dice: Dice;
  readonly tables: Tables;
  readonly config: Stage2Config;
  readonly steps: Step[];
  /** Where the hot pages of a region begin: few pages get most of the steps, so that steps meet. */
  readonly hotBase: number;
}

/**
 * Appends a few steps that have something to do with each other. Bugs hide where two features meet on one page, and steps
 * that are picked one by one rarely meet.
 */
export type Motif = (draft: Draft) => void;

/** Pages of a region that exists. */
export function pagesOf(config: Stage2Config, region: AccessRegion | SlotRegion): number {
  switch (region) {
    case 'pt':
      return ptPages(config);
    case 'none':
      return config.none.pages;
    default:
      return slotOf(config, region).pages;
  }
}

/** The configuration of `data` or `data2`; of `data` when there is no `data2`. */
export function slotOf(config: Stage2Config, region: 'data' | 'data2'): DataRegion {
  return region === 'data2' && config.data2 !== null ? config.data2 : config.data;
}

/** The configuration of any region that has a slot. */
export function regionOf(config: Stage2Config, region: SlotRegion): PtRegion | DataRegion {
  return region === 'pt' ? config.pt : slotOf(config, region);
}

/** A page of the region, most often a hot one. */
export function pickPage({ dice, config, hotBase }: Draft, region: AccessRegion | SlotRegion): number {
  const pages = pagesOf(config, region);
  if (pages === 1) return 0;
  if (pages <= HOT_PAGES || dice.once(16)) return dice.below(pages);
  return (hotBase + dice.below(HOT_PAGES)) % pages;
}

/** `data`, or `data2` sometimes when there is one. */
export function pickDataRegion({ dice, config }: Draft): 'data' | 'data2' {
  return config.data2 !== null && dice.percent(35) ? 'data2' : 'data';
}

/** A length for a range that starts at `page`: mostly one page, sometimes a few, rarely the rest of the region. */
export function pickPages({ dice, config }: Draft, region: AccessRegion | SlotRegion, page: number): number {
  const rest = pagesOf(config, region) - page;
  if (rest === 1 || dice.percent(72)) return 1;
  return dice.percent(60) ? Math.min(rest, 2) : dice.between(1, rest);
}

/** vCPU 0, or either one when there are two. */
export function pickVcpu({ dice, config }: Draft): 0 | 1 {
  return config.vcpus === 2 && dice.percent(40) ? 1 : 0;
}
