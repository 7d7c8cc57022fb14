import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/model/expectation.js';
import { done as seenDone, mmio, observe, result as seenResult, signal, userfault } from '../model/support.js';
import { broken, done, exact, expectation, message, mismatches, mmioRead, outcome, result } from './support.js';

const read = mmio('read', 0x1000, 8, 7n);

describe('order', () => {
  test('counts within a channel', () => {
    const two = outcome(mmioRead(), mmioRead({ gpa: 0x2000, rule: 'rule.second' }));
    const second = mmio('read', 0x2000, 8, 7n);
    expect(broken(two, [read, second])).toEqual([]);
    expect(broken(two, [second, read])).toEqual(['rule.mmio']);
  });

  test('does not count between userfaults, virtual CPUs and results', () => {
    const mixed = outcome(message(), mmioRead(), done(), done({ vcpu: 1 }), result());
    const other = seenDone({ vcpu: 1 });
    expect(broken(mixed, [userfault('read'), read, seenDone(), other, seenResult()])).toEqual([]);
    expect(broken(mixed, [seenResult(), other, read, userfault('read'), seenDone()])).toEqual([]);
  });

  // Fails as long as the fast comparison (oracle/stage2/straight.ts) does not look at who an event is of.
  test('a virtual CPU does not answer for the other', () => {
    expect(broken(outcome(done({ vcpu: 1 })), [seenDone()])).toEqual(['access.load-value', 'rule.done']);
  });
});

describe('one event too many', () => {
  test('names the last rule of its channel', () => {
    expect(broken(outcome(done()), [seenDone(), seenDone()])).toEqual(['rule.done']);
  });

  test.each([
    ['uffd.no-message', userfault('read')],
    ['access.load-value', seenDone()],
    ['host.nothing-to-do', seenResult()],
    ['access.load-value', signal(0)],
    ['access.load-value', { kind: 'shutdown', vcpu: 1 }],
    ['access.load-value', { kind: 'other_exit', vcpu: 0, reason: 9 }],
  ] as const)('or, in a channel without any, %s', (rule, event) => {
    expect(broken(outcome(), [event])).toEqual([rule]);
  });

  test('a second userfault breaks the rule about those that must not come', () => {
    expect(broken(outcome(message()), [userfault('read'), userfault('read')])).toEqual(['uffd.no-message']);
  });
});

test('one event too few names its own rule', () => {
  expect(broken(outcome(message(), mmioRead(), done()), [read])).toEqual(['rule.uffd', 'rule.done']);
});

test('only the first difference of a channel is told', () => {
  expect(broken(outcome(mmioRead(), done()), [mmio('write', 0x1000, 8, 7n)])).toEqual(['rule.mmio']);
});

describe('optional events', () => {
  const maybe = message({ page: 1, rule: 'rule.maybe', optional: true });
  const both = outcome(maybe, message());

  test('may come or not', () => {
    expect(broken(both, [userfault('read', 1), userfault('read')])).toEqual([]);
    expect(broken(both, [userfault('read')])).toEqual([]);
    expect(broken(outcome(maybe), [])).toEqual([]);
  });

  test('do not come twice, late, or instead of what must come', () => {
    expect(broken(both, [userfault('read', 1), userfault('read', 1), userfault('read')])).toEqual(['rule.uffd']);
    expect(broken(both, [userfault('read'), userfault('read', 1)])).toEqual(['uffd.no-message']);
    expect(broken(both, [userfault('read', 1)])).toEqual(['rule.uffd']);
  });

  test('a vCPU that may have filled its ring stops instead of finishing', () => {
    const full = { kind: 'ring_full', vcpu: 0 } as const;
    const lanes = { kind: 'lanes', rule: 'rule.lanes', vcpu: 0, first: 0, lanes: [], optional: true } as const;
    expect(broken(outcome(done({ mayFillRing: true }), lanes), [full])).toEqual([]);
    expect(broken(outcome(done()), [full])).toEqual(['rule.done']);
  });
});

describe('several outcomes', () => {
  const first: Outcome = { events: [done({ rax: { value: 1n, known: 3n } }), done({ vcpu: 1 })], anyUserfaults: true };
  const second: Outcome = { events: [done({ rax: { value: 2n, known: 3n } }), done({ vcpu: 1 })], anyUserfaults: true };
  const race = { ...expectation([]), steps: [{ outcomes: [first, second] }] };

  test('each is allowed, with any userfaults where they are not compared', () => {
    for (const rax of [1n, 2n]) {
      const seen = [userfault('read'), userfault('write', 3), seenDone({ rax }), seenDone({ vcpu: 1 })];
      expect(mismatches(race, observe([seen]))).toEqual([]);
    }
  });

  test('the other virtual CPU does not answer here either', () => {
    const orders: Outcome[] = [
      { events: [done({ rax: exact(9n) }), done({ vcpu: 1, rax: exact(1n) })], anyUserfaults: true },
      { events: [done({ vcpu: 1, rax: exact(9n) }), done({ rax: exact(2n) })], anyUserfaults: true },
    ];
    const exchange = { ...expectation([]), steps: [{ outcomes: orders }] };
    // No order lets vCPU 1 see what only it wrote.
    const seen = observe([[seenDone({ rax: 9n }), seenDone({ vcpu: 1, rax: 2n })]]);
    expect(mismatches(exchange, seen)).toHaveLength(1);
  });

  test('anything else is told against the one that fits best', () => {
    const twice = [seenDone({ rax: 3n }), seenDone({ vcpu: 1 })];
    expect(mismatches(race, observe([twice])).map(({ rule }) => rule)).toEqual(['rule.done']);
    const better: Outcome = { events: [done({ rule: 'rule.better' })], anyUserfaults: false };
    const choice = { ...expectation([]), steps: [{ outcomes: [first, better] }] };
    expect(mismatches(choice, observe([[]])).map(({ rule }) => rule)).toEqual(['rule.better']);
  });
});

test('a step that is left open allows anything but a hang', () => {
  const open = { ...expectation([]), steps: [{ outcomes: [], unspecified: 'memory.unspecified' }] };
  expect(mismatches(open, observe([[seenDone(), { kind: 'shutdown', vcpu: 0 }, userfault('wp')]]))).toEqual([]);
});
