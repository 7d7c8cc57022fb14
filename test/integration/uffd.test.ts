import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { UffdObservation } from '../../src/driver/wire/uffd/observation.js';
import type { UffdExpectation, UffdExpected } from '../../src/model/uffd/expectation.js';
import { predictUffd } from '../../src/model/uffd/predict.js';
import { judgeUffd } from '../../src/oracle/uffd.js';
import type { UffdIoctl, UffdScenario, UffdStep } from '../../src/scenario/uffd.js';
import { firstDroppedWp } from '../../src/scenario/uffd/droppedWp.js';
import { needsUserfaultfd } from '../support/userfaultfd.js';
import { UffdMachine } from './uffdMachine.js';

const RUNS = 1500;
const FRESH = 150;
/** Threads that Node may start when it likes to. */
const NODES_OWN = 4;

/** Everything is decided: no step is left open, and no two threads race for a value. */
function isCertain({ steps, end }: UffdExpectation): boolean {
  const races = (event: UffdExpected): boolean => event.kind === 'done' && event.value === undefined;
  return [...steps, end].every(({ open, events }) => open === undefined && !events.some(races));
}

/** How many threads this process has, and how many processes it has started. */
function census(): number {
  const threads = readdirSync('/proc/self/task');
  const children = threads.map((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'utf8'));
  return threads.length + children.join(' ').split(' ').filter(Boolean).length;
}

function call(ioctl: UffdIoctl['ioctl'], ...mode: UffdIoctl['mode']): UffdIoctl {
  return { kind: 'ioctl', ioctl, range: { page: 0, pages: 1, flaw: 'none' }, mode, source: 0 };
}

const touch = (thread: number): UffdStep => {
  return { kind: 'access', thread, op: 'read', page: 0, word: thread, value: '0x0' };
};

function scenario(memory: UffdScenario['config']['memory'], ...steps: UffdStep[]): UffdScenario {
  return { schema: 1, family: 'uffd', config: { memory, open: 'syscall', features: [], content: ['hole'] }, steps };
}

const ofKind = ({ events }: UffdObservation, kind: string): unknown[] => events.filter((event) => event.kind === kind);

describe('an executor that is used again', () => {
  test('shows what the model says and what a new one shows', { timeout: 300_000 }, ({ skip }) => {
    needsUserfaultfd(skip);
    const machine = UffdMachine.open();
    const counts = { executed: 0, compared: 0, events: 0 };
    let threads: number | undefined;
    for (const [i, one] of machine.generate(RUNS, 17).entries()) {
      const expectation = predictUffd(one, machine.profile);
      // What left its protection behind on huge pages is known to spin.
      if (expectation.skip !== undefined || firstDroppedWp(one) !== undefined) continue;
      const used = machine.observe(one);
      expect([judgeUffd(expectation, used), one]).toEqual([{ kind: 'match' }, one]);
      counts.executed++;
      threads ??= census();
      if (i % (RUNS / FRESH) !== 0 || !isCertain(expectation)) continue;
      const fresh = UffdMachine.open();
      expect(fresh.observe(one)).toEqual(used);
      fresh.close();
      counts.compared++;
      counts.events += used.events.length;
    }
    console.log(`uffd: ${JSON.stringify(counts)}`);
    expect(census()).toBeLessThanOrEqual((threads ?? 0) + NODES_OWN);
    machine.close();
    expect(counts.executed).toBeGreaterThan(0.8 * RUNS);
    expect(counts.compared).toBeGreaterThan(FRESH / 2);
  });

  test('is told from one that lies', { timeout: 60_000 }, ({ skip }) => {
    needsUserfaultfd(skip);
    const machine = UffdMachine.open();
    const one = scenario('anon', touch(0));
    const lies = judgeUffd(predictUffd(one, machine.profile), machine.observe(one, 'flip_read_value'));
    machine.close();
    expect(lies.kind).toBe('divergence');
  });
});

describe('a thread that waits when a scenario ends', () => {
  test('goes on as soon as the descriptor is closed, and the next scenario has all threads', ({ skip }) => {
    needsUserfaultfd(skip);
    const machine = UffdMachine.open();
    const waiting = machine.observe(scenario('anon', call('register', 'missing'), touch(0), touch(1), touch(2)));
    expect([waiting.status, ofKind(waiting, 'waits').length, ofKind(waiting, 'done').length]).toEqual(['ok', 3, 3]);
    expect(ofKind(waiting, 'stuck')).toEqual([]);
    const next = machine.observe(scenario('anon', touch(0), touch(1), touch(2)));
    expect([next.status, ofKind(next, 'done').length]).toEqual(['ok', 3]);
    machine.close();
  });

  test(
    'and spins in the kernel is a hang that names it, and is gone before the next scenario',
    { timeout: 60_000 },
    ({ skip }) => {
      needsUserfaultfd(skip);
      const machine = UffdMachine.open();
      const { features, dropsWp } = machine.profile;
      if (!features.hugePages) skip('needs a free huge page of 2 MiB');
      if (!dropsWp) skip('this kernel lets no registration drop WP');
      const write: UffdStep = { kind: 'access', thread: 0, op: 'write', page: 0, word: 0, value: '0x1' };
      const drops = [call('register', 'wp'), call('copy', 'wp'), call('register', 'missing')];
      const spins = machine.observe(scenario('hugetlb', ...drops, write), 'none', 500);
      expect(spins.status).toBe('hang');
      expect(ofKind(spins, 'stuck')).toMatchObject([{ thread: 0 }]);
      const next = machine.observe(scenario('anon', touch(0), touch(1), touch(2)));
      expect([next.status, ofKind(next, 'done').length]).toEqual(['ok', 3]);
      machine.close();
    },
  );
});
