import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/driver/observation.js';
import { judgeStage2 } from '../../src/oracle/stage2.js';
import { done as seenDone, observe } from '../model/support.js';
import { done, expectation, outcome } from './support.js';

const fine = observe([[seenDone()]]);
const expected = expectation([outcome(done())]);

function ended(status: Observation['status'], detail: string): Observation {
  return { ...fine, status, detail };
}

describe('how an execution ended', () => {
  test('well, as predicted', () => {
    expect(judgeStage2(expected, fine)).toEqual({ kind: 'match' });
  });

  test('the machine lacks something', () => {
    expect(judgeStage2(expected, ended('skipped', 'no free huge page'))).toEqual({
      kind: 'skip',
      reason: 'no free huge page',
    });
  });

  test('the model knows that the machine lacks something, whatever was observed', () => {
    const skip = 'this KVM has no dirty ring';
    expect(judgeStage2({ ...expected, skip }, fine)).toEqual({ kind: 'skip', reason: skip });
  });

  test.each(['refused', 'fault'] as const)('%s is a fault of the tool, not a finding', (status) => {
    expect(judgeStage2(expected, ended(status, 'steps[0].kind'))).toEqual({
      kind: 'harness',
      detail: 'HARNESS: steps[0].kind',
    });
  });

  test('a hang is a finding in the step of the last event, even where the model leaves everything open', () => {
    const steps = [{ outcomes: [], unspecified: 'memory.unspecified' }];
    const hang = observe([[], [seenDone()], [{ kind: 'hang', vcpu: 0 }]]);
    const verdict = judgeStage2({ ...expected, steps }, { ...hang, status: 'hang', detail: 'after 5 s' });
    expect(verdict).toEqual({ kind: 'hang', step: 2, detail: 'after 5 s' });
  });

  test('a hang before the first event is one of the first step', () => {
    expect(judgeStage2(expected, { ...ended('hang', ''), events: [] })).toEqual({ kind: 'hang', step: 0, detail: '' });
  });
});

test('a divergence names every step that differs, in order', () => {
  const verdict = judgeStage2(
    expectation([outcome(done()), outcome(done()), outcome(done())]),
    observe([[], [seenDone()], []]),
  );
  expect(verdict.kind === 'divergence' && verdict.mismatches.map(({ step, rule }) => [step, rule])).toEqual([
    [0, 'rule.done'],
    [2, 'rule.done'],
  ]);
});

test('events after the last step are compared, too', () => {
  const verdict = judgeStage2(expected, observe([[seenDone()]], [{ kind: 'child', vcpu: 'host', changed: true }]));
  expect(verdict).toMatchObject({ kind: 'divergence', mismatches: [{ step: 0xffff, expected: 'nothing' }] });
});
