/** How the ioctls of a userfaultfd end, against what their documentation names. */
import type { UffdObservation } from '../../driver/wire/uffd/observation.js';
import { documentedEnds, UFFD_CALLS, type UffdCall } from '../../model/uffd/documented.js';
import type { UffdProfile } from '../../scenario/uffd/profile.js';
import type { UffdScenario, UffdStep } from '../../scenario/uffd.js';
import { errnoName } from '../../util/errno.js';
import type { Outcomes } from '../coverage/outcomes.js';

/** Names that were made already, by call and errno: there are few, and they are wanted for every step. */
const NAMES = new Map(UFFD_CALLS.map((call) => [call, new Map<number, string>()]));

function nameOf(call: UffdCall, errno: number): string {
  const known = NAMES.get(call)?.get(errno);
  if (known !== undefined) return known;
  const name = outcomeName(call, errno === 0 ? 'ok' : errnoName(errno));
  NAMES.get(call)?.set(errno, name);
  return name;
}

function outcomeName(call: UffdCall, end: string): string {
  return `UFFDIO_${call.toUpperCase()} ${end}`;
}

/** The call that a step's result is of. */
function callOf(step: UffdStep | undefined): UffdCall | undefined {
  return step?.kind === 'ioctl' ? step.ioctl : step?.kind === 'api' ? 'api' : undefined;
}

export const uffdOutcomes: Outcomes<UffdScenario, UffdObservation, UffdProfile> = {
  documented: (profile) =>
    documentedEnds(profile).map(({ call, end, impossible }) => ({ name: outcomeName(call, end), impossible })),
  count({ steps }, { events }, add) {
    for (const event of events) {
      if (event.kind !== 'result') continue;
      const call = callOf(steps[event.step]);
      if (call !== undefined) add(nameOf(call, event.errno));
    }
  },
};
