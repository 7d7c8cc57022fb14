import { describe, expect, test } from 'vitest';
import type { Expected } from '../../src/model/expectation.js';
import { dirtyText, expectedText, maskedText, observedText, pageList } from '../../src/oracle/stage2/words.js';
import * as seen from '../model/support.js';
import { any, done, exact, message, mmioRead, pages, result } from './support.js';

describe('values', () => {
  test.each([
    [exact(0n), '0x0'],
    [exact(0xabcn), '0xabc'],
    [any, 'any value'],
    [{ value: 0xa0n, known: 0xf0n }, '0xa?'],
    [{ value: 0x40n, known: 0x41n }, '0x**'],
    [{ value: 0n, known: 0xffffn }, '0x0'],
  ])('%o is %s', (value, text) => {
    expect(maskedText(value)).toBe(text);
  });

  test('pages are lists of ranges', () => {
    expect(pageList([])).toBe('none');
    expect(pageList([7, 1, 2, 3, 5])).toBe('1-3, 5, 7');
    expect(dirtyText('data', pages([0, 1], [4]))).toBe('dirty in data: 0-1, possibly 4');
    expect(dirtyText('pt', pages([]))).toBe('dirty in pt: none');
  });
});

const rule = 'r';

test.each([
  [message(), 'userfault data[0] read'],
  [message({ write: true, wp: true, optional: true }), 'possibly userfault data[0] WP|WRITE'],
  [message({ minor: true }), 'userfault data[0] MINOR'],
  [
    { kind: 'withdrawn', rule, region: 'data', sleeps: false, wakesRule: rule, optional: true },
    'possibly no answer: data unregistered',
  ],
  [mmioRead(), 'MMIO read of 8 at 0x1000: 0x7'],
  [mmioRead({ write: true, data: any }), 'MMIO write of 8 at 0x1000: any value'],
  [done(), 'completes'],
  [done({ rax: exact(1n), rflags: { value: 0x40n, known: 0xf0n } }), 'completes, RAX 0x1, RFLAGS 0x4?'],
  [
    { kind: 'lanes', rule, vcpu: 0, first: 3, lanes: [exact(1n), any], optional: false },
    'vector register from lane 3: 0x1 any value',
  ],
  [{ kind: 'registers', rule, vcpu: 0, rdi: 8, rsi: -8, rcx: 0, optional: false }, 'RDI 8, RSI/RSP -8, RCX 0'],
  [{ kind: 'exception', rule, vcpu: 0, vector: 14, errorCode: 6, cr2: 0x8000, ripOffset: 0 }, '#PF(0x6) at 0x8000'],
  [{ kind: 'exception', rule, vcpu: 0, vector: 6, errorCode: undefined, cr2: 0, ripOffset: 2 }, '#UD, RIP 2 bytes off'],
  [{ kind: 'exception', rule, vcpu: 0, vector: 20, errorCode: 0, cr2: 0, ripOffset: 0 }, 'exception 20(0x0)'],
  [
    { kind: 'exception', rule, vcpu: 0, vector: 0, errorCode: 0x96000047, cr2: 0x40000000, ripOffset: 0 },
    'data abort, Translation fault, level 3, write, ESR 0x96000047 at 0x40000000',
  ],
  [
    { kind: 'exception', rule, vcpu: 0, vector: 0, errorCode: 0x8200000b, cr2: 0x40000f80, ripOffset: 4 },
    'instruction abort from EL0, Access flag fault, level 3, ESR 0x8200000b at 0x40000f80, PC 4 bytes off',
  ],
  [
    { kind: 'exception', rule, vcpu: 0, vector: 0, errorCode: 0x96000147, cr2: 0x1000, ripOffset: 0 },
    'data abort, Translation fault, level 3, write, maintenance, ESR 0x96000147 at 0x1000',
  ],
  [
    { kind: 'exception', rule, vcpu: 0, vector: 0, errorCode: 0x96000017, cr2: 0x1000, ripOffset: 0 },
    'data abort, External abort of the walk, level 3, ESR 0x96000017 at 0x1000',
  ],
  [
    { kind: 'exception', rule, vcpu: 0, vector: 0, errorCode: 0x02000000, cr2: 0, ripOffset: 0 },
    'undefined instruction, ESR 0x2000000',
  ],
  [{ kind: 'exception', rule, vcpu: 0, vector: 3, errorCode: 0xbe000011, cr2: 0, ripOffset: 0 }, 'SError'],
  [{ kind: 'internal_error', rule, vcpu: 0, suberror: 1 }, 'internal error, sub-code 1'],
  [{ kind: 'memory_fault', rule, vcpu: 0, errno: 14 }, 'memory-fault exit, errno 14'],
  [{ kind: 'run_error', rule, vcpu: 0, errno: 14 }, 'KVM_RUN fails with errno 14'],
  [{ kind: 'ring_full', rule, vcpu: 0 }, 'dirty ring full'],
  [{ kind: 'sigbus', rule, vcpu: 0, region: 'data', page: 2 }, 'signal for data[2]'],
  [
    { kind: 'ptes', rule, vcpu: 0, region: 'data', page: 1, pte: exact(0x67n), pde: any, pdpte: any },
    'entries of data[1]: PTE 0x67, PDE any value, PDPTE any value',
  ],
  [result(), 'succeeds'],
  [result(22), 'errno 22'],
  [result(0, exact(5n)), 'succeeds, value 0x5'],
  [{ kind: 'dirty', region: 'data', pages: pages([3]) }, 'dirty in data: 3'],
  [{ kind: 'ring', regions: { pt: pages([]), data: pages([1]) } }, 'ring: dirty in pt: none; ring: dirty in data: 1'],
  [{ kind: 'child', rule, changed: false }, "child's private memory unchanged"],
] satisfies [Expected, string][])('what was expected in words: %#', (event, text) => {
  expect(expectedText(event)).toBe(text);
});

test.each([
  [seen.userfault('write', 2), 'userfault data[2] WRITE, answered copy'],
  [seen.userfault('wp'), 'userfault data[0] WP|WRITE'],
  [
    { ...seen.userfault('read'), answer: 0, errno: 17 } as seen.Seen,
    'userfault data[0] read, answered copy, the answer failed with errno 17',
  ],
  [{ kind: 'withdrawn', vcpu: 'host', region: 'data', stuck: false }, 'no answer: data unregistered'],
  [
    { kind: 'withdrawn', vcpu: 'host', region: 'data', stuck: true },
    'no answer: data unregistered, the waiting thread slept on until UFFDIO_WAKE',
  ],
  [seen.mmio('write', 0x1000, 4, 0x11n), 'MMIO write of 4 at 0x1000: 0x11'],
  [seen.done({ rax: 1n }), 'completes, RAX 0x1, RDX 0x0, RFLAGS 0x2'],
  [{ kind: 'lanes', vcpu: 0, first: 0, lanes: [1n, 2n, 0n] }, 'vector register from lane 0: 0x1 0x2 0x0'],
  [seen.registers(8, 8), 'RDI 8, RSI/RSP 8, RCX 0'],
  [seen.pageFault(4, 0x8000), '#PF(0x4) at 0x8000'],
  [seen.internalError(), 'internal error, sub-code 1'],
  [
    { kind: 'internal_error', vcpu: 0, suberror: 3, atLabel: false },
    'internal error, sub-code 3, not at the instruction',
  ],
  [
    { kind: 'memory_fault', vcpu: 0, errno: 14, flags: 0n, gpa: 0x1000 },
    'memory-fault exit, errno 14, at 0x1000, flags 0x0',
  ],
  [{ kind: 'ring_full', vcpu: 0 }, 'dirty ring full'],
  [{ kind: 'run_error', vcpu: 0, errno: 14 }, 'KVM_RUN fails with errno 14'],
  [{ kind: 'shutdown', vcpu: 0 }, 'shutdown'],
  [{ kind: 'other_exit', vcpu: 0, reason: 9 }, 'exit reason 9'],
  [seen.signal(0, 1), 'signal for data[1], code 4'],
  [{ kind: 'sigbus', vcpu: 0, region: 'code', page: 0, code: 4 }, 'signal for an address in no region, code 4'],
  [{ kind: 'hang', vcpu: 0 }, 'hang'],
  [seen.leaf(0x67n), 'entries of data[0]: PTE 0x67, PDE not in memory, PDPTE not in memory'],
  [seen.result(0, 5n), 'succeeds, value 0x5'],
  [{ kind: 'result', vcpu: 'host', errno: 22, byDriver: true, value: 0n }, 'errno 22 from the driver, value 0x0'],
  [seen.dirty(5n), 'dirty in data, word 0: 0x5'],
  [seen.ringEntry(3), 'ring entry data[3]'],
  [
    { kind: 'page', vcpu: 'host', region: 'data', page: 0, base: 'zero', differing: 0 },
    'data[0] holds zeroes, 0 words differ',
  ],
  [
    { kind: 'page', vcpu: 'host', region: 'data', page: 0, base: 'copy', differing: 2 },
    'data[0] holds its copy fill, 2 words differ',
  ],
  [{ kind: 'page_word', vcpu: 'host', region: 'data', page: 0, offset: 16, value: 9n }, 'data[0]+0x10 holds 0x9'],
  [{ kind: 'child', vcpu: 'host', changed: true }, "child's private memory changed"],
] satisfies [seen.Seen, string][])('what was seen in words: %#', (event, text) => {
  expect(observedText({ ...event, step: 0 })).toBe(text);
});
