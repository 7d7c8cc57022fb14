import { expect, test } from 'vitest';
import { predictUffd } from '../../../src/model/uffd/predict.js';
import { isValidUffd } from '../../../src/scenario/uffd/constraints.js';
import { expectedText } from '../../../src/oracle/uffd/words.js';
import type { UffdStep } from '../../../src/scenario/uffd.js';
import { advise } from './adviseCases.js';
import { call, read, write } from './cases.js';
import { held } from './eventCases.js';
import { scenarioOf, uffdProfile } from './support.js';

const PAIR = { content: ['mapped', 'mapped'] as ('hole' | 'mapped')[], features: ['event_remove'] as ['event_remove'] };
const first = call('register', ['missing']);
const second = call('register', ['wp'], { page: 1 });

function linesOf(steps: readonly UffdStep[]): string[][] {
  return predictUffd(scenarioOf({ config: PAIR, steps }), uffdProfile()).steps.map(({ events }) =>
    events.map(expectedText),
  );
}

test('each mapping has an event of its own, and one that is not registered has none', () => {
  const whole = advise('dontneed', { pages: 2 });
  const events = ['event REMOVE of 0x0 to 0x1000', 'event REMOVE of 0x1000 to 0x2000'];
  expect(linesOf([first, second, whole])[2]).toEqual([...events, 'call of thread 0 succeeds']);
  expect(linesOf([second, whole])[1]).toEqual([events[1], 'call of thread 0 succeeds']);
});

test('until its event is read a call waits, the page is there, and the thread does nothing else', () => {
  const lines = linesOf([first, held, read(0, 1), read(0, 1)]);
  expect(lines.slice(1)).toEqual([
    [],
    ['event REMOVE of 0x0 to 0x1000', 'call of thread 0 succeeds', 'thread 1 goes on, value 0xa200000000085a5a'],
    ['thread 1 waits: userfault at 0x0, read'],
  ]);
  expect(linesOf([first, held, read(0, 0)])[2]).toEqual([
    'thread 0 still waits',
    'event REMOVE of 0x0 to 0x1000',
    'call of thread 0 succeeds',
  ]);
});

test('nothing is held in the last step', () => {
  expect(linesOf([first, held])[1]).toEqual(['event REMOVE of 0x0 to 0x1000', 'call of thread 0 succeeds']);
});

test('a mapping that is split while its call waits is left open', () => {
  const whole = { ...held, range: { page: 0, pages: 2, flaw: 'none' } } as UffdStep;
  const steps = [call('register', ['missing'], { pages: 2 }), whole, call('unregister', [], { page: 1 })];
  const { end } = predictUffd(scenarioOf({ config: PAIR, steps }), uffdProfile());
  expect(end.open).toBe('event.split');
});

test('an access to what the waiting call let go before is left open, and no other', () => {
  const both = { ...held, range: { page: 0, pages: 2, flaw: 'none' } } as UffdStep;
  const openAt = (...steps: UffdStep[]): string | undefined =>
    predictUffd(scenarioOf({ config: PAIR, steps }), uffdProfile()).end.open;
  expect(openAt(second, both, write(0, 1))).toBe('event.let-go-before');
  expect(openAt(second, both, read(1, 1))).toBe(undefined);
  expect(openAt(second, both, read(1, 1), write(0, 1))).toBe(undefined);
  expect(openAt(second, { ...both, advice: 'free' } as UffdStep, write(0, 1))).toBe(undefined);
});

test('a bad argument is left open while an event waits', () => {
  const bad = { ...call('copy'), argument: 'unmapped' } as UffdStep;
  const { end } = predictUffd(scenarioOf({ config: PAIR, steps: [first, held, bad] }), uffdProfile());
  expect(end.open).toBe('event.argument');
});

test('advice that sends no event cannot be held', () => {
  const steps: UffdStep[] = [
    { kind: 'advise', thread: 0, advice: 'pageout', range: { page: 0, pages: 1, flaw: 'none' }, hold: true },
  ];
  expect(isValidUffd(scenarioOf({ steps }))).toBe(false);
});
