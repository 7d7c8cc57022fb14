import { END_STEP } from '../../../src/driver/observation.js';
import type { UffdObservation, UffdObserved } from '../../../src/driver/wire/uffd/observation.js';
import type { UffdExpectation, UffdExpected } from '../../../src/model/uffd/expectation.js';
import { UFFD_FEATURE_NAMES } from '../../../src/scenario/uffd/features.js';
import { ADVICE } from '../../../src/scenario/uffd/steps.js';
import type { UffdProfile } from '../../../src/scenario/uffd/profile.js';
import type { UffdScenario } from '../../../src/scenario/uffd.js';
import type { RuleCase } from './cases.js';

/** A machine that has everything. */
export function uffdProfile(changes: Partial<UffdProfile> = {}): UffdProfile {
  const all = [...UFFD_FEATURE_NAMES, 'device', 'hugePages'].map((name) => [name, true] as const);
  return {
    target: 'local',
    arch: 'x86_64',
    kernelRelease: '6.18.0',
    kvmModule: '',
    cpuVendor: 'AuthenticAMD',
    cpuModel: 'a processor',
    advice: Object.fromEntries(ADVICE.map((name) => [name, true])) as UffdProfile['advice'],
    apiIoctls: '0x8000000000000003',
    mayFork: true,
    privilegeFirst: true,
    dropsWp: true,
    continueWp: true,
    unregisterWakesAll: false,
    wpSpansMappings: true,
    memoryErrors: true,
    ...changes,
    features: { ...(Object.fromEntries(all) as UffdProfile['features']), ...changes.features },
  };
}

export function scenarioOf({ config, steps }: Pick<RuleCase, 'config' | 'steps'>): UffdScenario {
  return {
    schema: 1,
    family: 'uffd',
    config: { memory: 'anon', open: 'syscall', features: [], content: ['hole'], ...config },
    steps: [...steps],
  };
}

/** What a machine shows that does just what is expected of it. */
function seen(event: UffdExpected, step: number): UffdObserved[] {
  switch (event.kind) {
    case 'result':
      return [{ step, kind: 'result', errno: event.errno, value: event.value, ioctls: event.ioctls }];
    case 'message':
      return [{ step, kind: 'message', event: 0x12, thread: event.thread, offset: event.offset, flags: event.flags }];
    case 'done':
      return [{ step, kind: 'done', thread: event.thread, value: event.value ?? 0n }];
    case 'sigbus':
      return [{ step, kind: 'sigbus', thread: event.thread, page: event.page, code: event.code }];
    case 'notice':
      return [{ step, kind: 'notice', event: event.event, start: event.start, end: event.end }];
    case 'returned':
      return [{ step, kind: 'returned', thread: event.thread, errno: event.errno }];
    case 'waits':
      return [{ step, kind: 'waits', thread: event.thread }];
    case 'entry': {
      const { owner, page, present = true, swapped = false, wp } = event;
      return [{ step, kind: 'entry', owner, page, present, swapped, wp }];
    }
    case 'page':
      return [
        { step, kind: 'page', owner: event.owner, page: event.page, base: event.base, differing: event.words.size },
        ...[...event.words].map(([offset, value]): UffdObserved => ({
          step,
          kind: 'page_word',
          page: event.page,
          offset,
          value,
        })),
      ];
    case 'event':
      return [{ step, kind: 'message', event: event.event, thread: 'unknown', offset: 0, flags: 0 }];
    case 'ended':
      return [{ step, kind: 'ended', status: event.status }];
  }
}

export function observationOf({ steps, end }: UffdExpectation): UffdObservation {
  const events = [...steps.entries(), [END_STEP, end] as const].flatMap(([step, { events: expected }]) =>
    expected.flatMap((event) => seen(event, step)),
  );
  return { status: 'ok', detail: '', events };
}
