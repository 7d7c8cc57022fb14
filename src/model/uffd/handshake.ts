import { featureBits, UFFD_FEATURE_NAMES } from '../../scenario/uffd/features.js';
import type { UffdApi } from '../../scenario/uffd.js';
import { EFAULT, EINVAL, EPERM } from './errno.js';
import { R, type BookRule } from './rules/index.js';
import { UNTOUCHED, type Run } from './state.js';

/** The features of the machine that have names here. */
const KNOWN = BigInt(featureBits(UFFD_FEATURE_NAMES));

function fails(run: Run, rule: BookRule, errno = EINVAL): void {
  run.result(rule, errno, 0);
}

/** The structure that was handed in is where the kernel cannot read it, or not write to it; the driver's own stays as it was. */
function unreachable(run: Run, { features }: UffdApi, rule: BookRule): void {
  const value = BigInt(featureBits(features));
  const fields = { value, known: KNOWN, ioctls: BigInt(UNTOUCHED), valueRule: rule.id };
  run.events.push({ kind: 'result', rule: rule.id, errno: EFAULT, ...fields });
}

/** Whether the caller may not have what it asks for. */
function isDenied(run: Run, { features, unprivileged }: UffdApi): boolean {
  const denied = features.includes('event_fork') && (unprivileged === true || !run.profile.mayFork);
  return denied && run.docket.holds(R.api.privilege);
}

export function stepApi(run: Run, step: UffdApi): void {
  const { features, apiIoctls, privilegeFirst } = run.profile;
  const { argument } = step;
  if (argument !== undefined && run.docket.holds(R.argument[argument])) {
    unreachable(run, step, R.argument[argument]);
    return;
  }
  if (step.version === 'unknown' && run.docket.holds(R.api.version)) {
    fails(run, R.api.version);
    return;
  }
  const alien = step.unknownFeature || step.features.some((name) => !features[name]);
  if (isDenied(run, step) && (!alien || run.docket.holds(R.api.privilegeFirst) === privilegeFirst)) {
    fails(run, R.api.privilege, EPERM);
    return;
  }
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
