import { UFFD_FEATURE_NAMES, featureNames } from '../../scenario/uffd/features.js';
import { ADVICE, type Advice } from '../../scenario/uffd/steps.js';
import type { UffdProfile } from '../../scenario/uffd/profile.js';
import type { UffdConfig, UffdIoctl, UffdScenario, UffdStep } from '../../scenario/uffd.js';
import { decodeFacts } from '../facts.js';
import type { Driver } from '../library.js';
import { Frames } from '../wire/frames.js';
import type { UffdObservation, UffdObserved } from '../wire/uffd/observation.js';
import { appendUffd, decodeUffd } from '../wire/uffd.js';

const EPERM = 1;
const DEADLINE_MS = 2000;
/** si_code of a SIGBUS for a memory error. */
const BUS_MCEERR_AR = 4;

/** There is no userfaultfd at all; the message is one sentence that says why. */
export class NoUffdError extends Error {
  override readonly name = 'NoUffdError';
}

const ALL = { page: 0, pages: 1, flaw: 'none' } as const;

function ioctl(name: UffdIoctl['ioctl'], mode: UffdIoctl['mode'] = []): UffdIoctl {
  return { kind: 'ioctl', ioctl: name, range: ALL, mode, source: 0 };
}

function run(driver: Driver, steps: UffdStep[], changes: Partial<UffdConfig> = {}): UffdObservation {
  const config: UffdConfig = { memory: 'anon', open: 'syscall', features: [], content: ['mapped'], ...changes };
  const scenario: UffdScenario = { schema: 1, family: 'uffd', config, steps };
  const frames = new Frames();
  appendUffd(scenario, { freshVm: true, deadlineMs: DEADLINE_MS, plant: 'none', id: 0n }, frames);
  return decodeUffd(driver.execute(frames.from(0)));
}

function resultAt(step: number, { events }: UffdObservation): Extract<UffdObserved, { kind: 'result' }> | undefined {
  return events.find(
    (event): event is Extract<UffdObserved, { kind: 'result' }> => event.kind === 'result' && event.step === step,
  );
}

/** What a handshake on a new descriptor reports. */
function handshake(driver: Driver, open: UffdConfig['open']): UffdObservation {
  return run(driver, [{ kind: 'api', fresh: true, version: 'known', features: [], unknownFeature: false }], { open });
}

/** What a handshake that asks for UFFD_FEATURE_EVENT_FORK answers, as a number of an error. */
function askForFork(driver: Driver, unprivileged: boolean): number | undefined {
  const shake = { kind: 'api', fresh: true, version: 'known', features: ['event_fork'] } as const;
  const step: UffdStep = unprivileged
    ? { ...shake, features: ['event_fork'], unknownFeature: true, unprivileged }
    : { ...shake, features: ['event_fork'], unknownFeature: false };
  return resultAt(0, run(driver, [step]))?.errno;
}

/** A range that is registered for WP is registered again without. */
function dropsWp(driver: Driver): boolean {
  return resultAt(1, run(driver, [ioctl('register', ['wp']), ioctl('register', ['missing'])]))?.errno === 0;
}

/** A thread waits in a range that is registered for WP alone, and is there when it is unregistered, or is not. */
function unregisterWakesAll(driver: Driver): boolean {
  const write: UffdStep = { kind: 'access', thread: 0, op: 'write', page: 0, word: 0, value: '0x1' };
  const steps = [ioctl('register', ['wp']), ioctl('writeprotect', ['wp']), write, ioctl('unregister')];
  return run(driver, steps).events.some(({ step, kind }) => step === 3 && kind === 'done');
}

/** Two pages that are registered for different modes, and so are two mappings, are protected at once. */
function wpSpansMappings(driver: Driver): boolean {
  const at = (step: UffdIoctl, page: number, pages = 1): UffdIoctl => ({ ...step, range: { ...ALL, page, pages } });
  const registers = [at(ioctl('register', ['wp']), 0), at(ioctl('register', ['missing', 'wp']), 1)];
  const steps = [...registers, at(ioctl('writeprotect', ['wp']), 0, 2)];
  return resultAt(2, run(driver, steps, { content: ['mapped', 'mapped'] }))?.errno === 0;
}

/** Whether UFFDIO_CONTINUE takes the WP mode. */
function continueWp(driver: Driver): boolean {
  const steps = [ioctl('register', ['wp', 'minor']), ioctl('continue', ['wp'])];
  return resultAt(1, run(driver, steps, { memory: 'shmem', content: ['cached'] }))?.errno === 0;
}

/** What a poisoned page's SIGBUS says. */
function memoryErrors(driver: Driver): boolean {
  const read: UffdStep = { kind: 'access', thread: 0, op: 'read', page: 0, word: 0, value: '0x0' };
  const { events } = run(driver, [ioctl('register', ['missing']), ioctl('poison'), read], { content: ['hole'] });
  return events.some((event) => event.kind === 'sigbus' && event.step === 2 && event.code === BUS_MCEERR_AR);
}

function advise(advice: Advice, flaw: UffdIoctl['range']['flaw'] = 'none'): UffdStep {
  return { kind: 'advise', thread: 0, advice, range: { ...ALL, flaw }, hold: false };
}

/** Which advice is known, and whether a kernel says where a thread sleeps that populates. */
function knownAdvice(driver: Driver): UffdProfile['advice'] {
  const { events } = run(
    driver,
    ADVICE.map((name) => advise(name, 'empty')),
  );
  const waits = run(driver, [ioctl('register', ['missing']), advise('populate_read')], { content: ['hole'] });
  const known = (name: Advice, step: number): boolean =>
    (!name.startsWith('populate') || waits.status === 'ok') &&
    events.some((event) => event.kind === 'returned' && event.step === step && event.errno === 0);
  return Object.fromEntries(ADVICE.map((name, step) => [name, known(name, step)])) as UffdProfile['advice'];
}

/**
 * Finds out what the model of the uffd family needs to know of the machine behind the driver.
 *
 * @param target name of the target, for reports.
 * @throws {NoUffdError} when there is no usable userfaultfd.
 */
export function probeUffd(driver: Driver, target: string): UffdProfile {
  const facts = decodeFacts(driver.facts());
  const observation = handshake(driver, 'syscall');
  const answer = resultAt(0, observation);
  if (answer?.errno !== 0) {
    const why = observation.detail === '' ? 'UFFDIO_API fails' : observation.detail;
    throw new NoUffdError(`no userfaultfd can be used (${why}); \`faultline doctor\` names the mending command`);
  }
  const present = new Set<string>(featureNames(Number(answer.value)));
  const features = UFFD_FEATURE_NAMES.map((name) => [name, present.has(name)] as const);
  const device = resultAt(0, handshake(driver, 'device'))?.errno === 0;
  return {
    target,
    arch: facts.arch,
    kernelRelease: facts.kernelRelease,
    kvmModule: '',
    cpuVendor: facts.cpuVendor,
    cpuModel: facts.cpuModel,
    features: {
      ...Object.fromEntries(features),
      device,
      hugePages: facts.freeHugePages > 0,
    } as UffdProfile['features'],
    advice: knownAdvice(driver),
    apiIoctls: `0x${answer.ioctls.toString(16)}`,
    mayFork: askForFork(driver, false) === 0,
    privilegeFirst: askForFork(driver, true) === EPERM,
    dropsWp: !present.has('pagefault_flag_wp') || dropsWp(driver),
    continueWp: present.has('minor_shmem') && present.has('wp_hugetlbfs_shmem') && continueWp(driver),
    memoryErrors: present.has('poison') && memoryErrors(driver),
    unregisterWakesAll: present.has('pagefault_flag_wp') && unregisterWakesAll(driver),
    wpSpansMappings: !present.has('pagefault_flag_wp') || wpSpansMappings(driver),
  };
}
