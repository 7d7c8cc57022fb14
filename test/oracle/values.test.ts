import { describe, expect, test } from 'vitest';
import type { Expected } from '../../src/model/expectation.js';
import {
  done as seenDone,
  leaf,
  mmio,
  pageFault,
  registers,
  result as seenResult,
  userfault,
  type Seen,
} from '../model/support.js';
import { any, broken, done, exact, message, mmioRead, outcome, result } from './support.js';

describe('values of which some bits are predicted', () => {
  test.each([
    ['RAX', done({ rax: { value: 0x10n, known: 0xf0n } }), seenDone({ rax: 0xf1fn }), seenDone({ rax: 0x20n })],
    ['RDX', done({ rdx: exact(5n) }), seenDone({ rdx: 5n }), seenDone({ rdx: 1n << 63n })],
    [
      'RFLAGS',
      done({ rflags: { value: 0x40n, known: 0x41n } }),
      seenDone({ rflags: 0x246 }),
      seenDone({ rflags: 0x47 }),
    ],
    [
      'the data of an exit',
      mmioRead({ data: { value: 0x5500n, known: 0xff00n } }),
      mmio('read', 0x1000, 8, 0x55aan),
      mmio('read', 0x1000, 8, 0x54aan),
    ],
    ['a word that the host read', result(0, { value: 1n, known: 1n }), seenResult(0, 3n), seenResult(0, 2n)],
    [
      'lanes',
      { kind: 'lanes', rule: 'r', vcpu: 0, first: 0, lanes: [exact(1n), any], optional: false },
      { kind: 'lanes', vcpu: 0, first: 0, lanes: [1n, 99n, 0n] },
      { kind: 'lanes', vcpu: 0, first: 0, lanes: [2n, 99n, 0n] },
    ],
    [
      'a syndrome',
      {
        ...{ kind: 'exception', rule: 'r', vcpu: 0, vector: 0, errorCode: 0x96000010, openBits: 7 },
        ...{ cr2: 4096, ripOffset: 0 },
      } as const,
      { kind: 'exception', vcpu: 0, vector: 0, errorCode: 0x96000017, cr2: 4096, ripOffset: 0 },
      { kind: 'exception', vcpu: 0, vector: 0, errorCode: 0x96000050, cr2: 4096, ripOffset: 0 },
    ],
    [
      'entries',
      {
        kind: 'ptes',
        rule: 'r',
        vcpu: 0,
        region: 'data',
        page: 0,
        pte: { value: 0x20n, known: 0x20n },
        pde: any,
        pdpte: any,
      },
      leaf(0x67n),
      leaf(0x47n),
    ],
  ] satisfies [string, Expected, Seen, Seen][])('%s', (_name, expected, right, wrong) => {
    expect(broken(outcome(expected), [right])).toEqual([]);
    expect(broken(outcome(expected), [wrong])).toHaveLength(1);
  });

  test('a result without a predicted value may have any', () => {
    expect(broken(outcome(result()), [seenResult(0, 123n)])).toEqual([]);
  });

  test('an entry whose table is not in memory is not compared', () => {
    const absent: Seen = { ...leaf(0n), entries: { pte: undefined, pde: undefined, pdpte: undefined } } as Seen;
    const expected: Expected = {
      kind: 'ptes',
      rule: 'r',
      vcpu: 0,
      region: 'data',
      page: 0,
      pte: exact(1n),
      pde: exact(1n),
      pdpte: exact(1n),
    };
    expect(broken(outcome(expected), [absent])).toEqual([]);
    expect(broken(outcome(expected), [])).toEqual([]);
    expect(broken(outcome(expected), [leaf(2n)])).toEqual(['r']);
  });
});

describe('fields that must be the same', () => {
  const fault: Expected = {
    kind: 'exception',
    rule: 'r',
    vcpu: 0,
    vector: 14,
    errorCode: 2,
    cr2: 0x8000,
    ripOffset: 0,
  };
  const sigbus: Expected = { kind: 'sigbus', rule: 'r', vcpu: 0, region: 'data', page: 3 };
  const moved: Expected = { kind: 'registers', rule: 'r', vcpu: 0, rdi: 8, rsi: -8, rcx: 0, optional: false };

  test.each([
    ['vector', fault, { ...pageFault(2, 0x8000), vector: 13 } as Seen],
    ['error code', fault, pageFault(3, 0x8000)],
    ['CR2', fault, pageFault(2, 0x9000)],
    ['RIP', fault, { ...pageFault(2, 0x8000), ripOffset: 3 } as Seen],
    ['direction', mmioRead(), mmio('write', 0x1000, 8, 7n)],
    ['address', mmioRead(), mmio('read', 0x1008, 8, 7n)],
    ['length', mmioRead(), mmio('read', 0x1000, 4, 7n)],
    ['page of a userfault', message(), userfault('read', 1)],
    ['region of a userfault', message(), userfault('read', 0, 'pt')],
    ['WRITE flag', message(), userfault('write')],
    ['MINOR flag', message(), userfault('minor')],
    ['WP flag', message({ write: true }), userfault('wp')],
    ['page of a signal', sigbus, { kind: 'sigbus', vcpu: 0, region: 'data', page: 2, code: 4 }],
    ['region of a signal', sigbus, { kind: 'sigbus', vcpu: 0, region: 'code', page: 3, code: 4 }],
    ['registers', moved, registers(8, 8)],
    ['errno', result(22), seenResult(2)],
    [
      'errno of KVM_RUN',
      { kind: 'run_error', rule: 'r', vcpu: 0, errno: 14 },
      { kind: 'run_error', vcpu: 0, errno: 5 },
    ],
    [
      'kind of failure',
      { kind: 'run_error', rule: 'r', vcpu: 0, errno: 14 },
      { kind: 'memory_fault', vcpu: 0, errno: 14, flags: 0n, gpa: 0 },
    ],
    [
      'place of an internal error',
      { kind: 'internal_error', rule: 'r', vcpu: 0, suberror: 1 },
      { kind: 'internal_error', vcpu: 0, suberror: 1, atLabel: false },
    ],
    ['what a child saw', { kind: 'child', rule: 'r', changed: false }, { kind: 'child', vcpu: 'host', changed: true }],
  ] satisfies [string, Expected, Seen][])('%s', (_name, expected, wrong) => {
    expect(broken(outcome(expected), [wrong])).toHaveLength(1);
  });

  test('who raised a userfault, where both sides know', () => {
    expect(broken(outcome(message({ vcpu: 1 })), [userfault('read')])).toEqual(['rule.uffd']);
    expect(broken(outcome(message({ vcpu: 'host' })), [userfault('read')])).toEqual([]);
  });

  test('a withdrawal that left its thread asleep breaks the rule about waking', () => {
    const withdrawn: Expected = {
      kind: 'withdrawn',
      rule: 'r',
      wakesRule: 'rule.wakes',
      region: 'data',
      sleeps: false,
      optional: false,
    };
    const seen = (stuck: boolean): Seen[] => [{ kind: 'withdrawn', vcpu: 'host', region: 'data', stuck }];
    expect(broken(outcome(withdrawn), seen(false))).toEqual([]);
    expect(broken(outcome(withdrawn), seen(true))).toEqual(['rule.wakes']);
    expect(broken(outcome({ ...withdrawn, sleeps: true }), seen(true))).toEqual([]);
    expect(broken(outcome({ ...withdrawn, sleeps: true }), seen(false))).toEqual(['rule.wakes']);
    expect(broken(outcome(withdrawn), [])).toEqual(['r']);
  });
});
