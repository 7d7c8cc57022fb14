import { featureBits, UFFD_FEATURE_NAMES } from '../../scenario/uffd/features.js';
import type { UffdApi } from '../../scenario/uffd.js';
import { EINVAL } from './errno.js';
import { R, type BookRule } from './rules/index.js';
import type { Run } from './state.js';

/** The features of the machine that have names here. */
const KNOWN = BigInt(featureBits(UFFD_FEATURE_NAMES));

function fails(run: Run, rule: BookRule): void {
  run.result(rule, EINVAL, 0);
}

export function stepApi(run: Run, step: UffdApi): void {
  const { features, apiIoctls } = run.profile;
  if (step.version === 'unknown' && run.docket.holds(R.api.version)) {
    fails(run, R.api.version);
    return;
  }
  const alien = step.unknownFeature || step.features.some((name) => !features[name]);
  if (alien && run.docket.holds(R.api.unknown)) {
    fails(run, R.api.unknown);
    return;
  }
  if (!step.fresh && run.docket.holds(R.api.twice)) {
    fails(run, R.api.twice);
    return;
  }
  const all = run.docket.holds(R.api.answers);
  const present = UFFD_FEATURE_NAMES.filter((name) => features[name]);
  run.events.push({
    kind: 'result',
    rule: R.api.answers.id,
    errno: 0,
    value: BigInt(featureBits(all ? present : step.features)),
    known: KNOWN,
    ioctls: BigInt(apiIoctls),
    valueRule: R.api.answers.id,
  });
}
