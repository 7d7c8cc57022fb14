import type { Target } from '../../driver/targets/target.js';
import type { Profile } from '../../scenario/profile.js';
import { errorMessage } from '../../util/errno.js';
import { Executor } from '../executor.js';
import { CommandError } from '../exit.js';
import { type AnyFamily, allFamilies } from '../families.js';
import type { Check } from './checks.js';

/** Whether the scenarios of a family can execute, and the machine as the family's probes saw it. */
export interface FamilyCheck {
  readonly name: string;
  readonly check: Check;
  readonly profile: Profile | undefined;
}

/**
 * Checks each family on a target: a worker loads the driver, or reaches the machine, and probes it.
 *
 * @param hasKvm false where it is known that there is none, so that nobody has to find out.
 */
export async function checkFamilies(target: Target, hasKvm: boolean): Promise<FamilyCheck[]> {
  const checked: FamilyCheck[] = [];
  for (const family of (await allFamilies()).values()) checked.push(await checkFamily(family, target, hasKvm));
  return checked;
}

async function checkFamily(family: AnyFamily, target: Target, hasKvm: boolean): Promise<FamilyCheck> {
  const { name, needsKvm } = family;
  const check = { name: `family ${name}`, needed: true } as const;
  if (needsKvm && !hasKvm)
    return {
      name,
      check: { ...check, status: 'missing', detail: 'needs /dev/kvm', mend: undefined },
      profile: undefined,
    };
  try {
    const executor = await Executor.open(name, target);
    await executor.close();
    const detail = `starts in a worker process, and ${needsKvm ? 'KVM answers' : 'the kernel answers'} its probes`;
    return { name, check: { ...check, status: 'ok', detail, mend: undefined }, profile: executor.ready.profile };
  } catch (error) {
    return { name, check: { ...check, status: 'missing', ...whyNot(error, target) }, profile: undefined };
  }
}

/** Something that the machine lacks has a line and a mending command of its own; else the driver is at fault. */
function whyNot(error: unknown, target: Target): Pick<Check, 'detail' | 'mend'> {
  const message = errorMessage(error);
  if (error instanceof CommandError || target.kind !== 'local')
    return { detail: message.replace(/^skipped: /, ''), mend: undefined };
  return { detail: `does not start: ${message}`, mend: 'make -C native clean all' };
}
