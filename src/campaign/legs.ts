import { targetName } from '../driver/targets/target.js';
import type { LegSettings } from './leg.js';
import type { Range } from './run/ranges.js';
import { deadlineFor, graceFor } from './targetTraits.js';
import type { CampaignOptions } from './types.js';

/** A leg and what people call it: `stage2 on qemu:amd64`. */
export interface NamedLeg extends LegSettings {
  readonly name: string;
}

const DEADLINE_MS = 2000;
const GRACE_MS = 10_000;

/** What tests set instead. */
interface Tuning {
  readonly deadlineMs?: number;
  readonly graceMs?: number;
  readonly module?: string;
}

/** Every family on every target, and the scenarios that each of them is given. */
export function legsOf(options: CampaignOptions, tuning: Tuning): readonly NamedLeg[] {
  const { families, targets, seed, plant, shard } = options;
  const pairs = families.flatMap((family) => targets.map((target) => ({ family, target })));
  return pairs.map(({ family, target }, index) => ({
    ...{ index, family, target, plant, seed: shard?.seed ?? seed, module: tuning.module },
    name: `${family} on ${targetName(target)}`,
    deadlineMs: tuning.deadlineMs ?? deadlineFor(target, DEADLINE_MS),
    graceMs: tuning.graceMs ?? graceFor(target, GRACE_MS),
    ...(shard === undefined ? { named: false } : { named: true, focus: shard.focus }),
    range: rangeOf(options, index, pairs.length),
  }));
}

/** The runs of a campaign are shared out evenly, so that it does not depend on the machine what each leg executes. */
function rangeOf({ runs, shard }: CampaignOptions, index: number, legs: number): Range {
  const share = runs === undefined ? Infinity : Math.floor(runs / legs) + (index < runs % legs ? 1 : 0);
  const from = shard?.from ?? 0;
  return { from, to: Math.min(shard?.to ?? Infinity, from + share) };
}
