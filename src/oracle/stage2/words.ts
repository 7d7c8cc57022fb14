/** Expected and observed events in words, for mismatches and timelines. */
import type { DirtyPages, Expected, Masked } from '../../model/expectation.js';
import type { Observed } from '../../driver/observation.js';
import { syndromeText } from './syndrome.js';

const MISSING_ANSWERS = ['copy', 'copy_wp', 'zeropage', 'poison', 'none'];

function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** A value whose unknown digits show as question marks. */
export function maskedText({ value, known }: Masked): string {
  if (known === 0n) return 'any value';
  const digits = known.toString(16).length;
  let text = '';
  for (let i = digits - 1; i >= 0; i--) {
    const mask = (known >> BigInt(4 * i)) & 0xfn;
    text += mask === 0xfn ? ((value >> BigInt(4 * i)) & 0xfn).toString(16) : mask === 0n ? '?' : '*';
  }
  return `0x${text.replace(/^0+(?=[0-9a-f?*])/, '')}`;
}

function userfaultFlags(flags: { write: boolean; wp: boolean; minor: boolean }): string {
  const names = [flags.minor && 'MINOR', flags.wp && 'WP', flags.write && 'WRITE'].filter((name) => name !== false);
  return names.length === 0 ? 'read' : names.join('|');
}

function vectorName(vector: number): string {
  const names: Readonly<Record<number, string>> = {
    0: '#DE',
    1: '#DB',
    3: '#BP',
    6: '#UD',
    8: '#DF',
    12: '#SS',
    13: '#GP',
    14: '#PF',
    17: '#AC',
  };
  return names[vector] ?? `exception ${vector}`;
}

/** On aarch64 every exception has a syndrome; the vectors of x86 with these numbers have no error code. */
function ofArm(event: ExceptionWords): event is ExceptionWords & { readonly errorCode: number } {
  return event.vector <= 3 && event.errorCode !== undefined;
}

interface ExceptionWords {
  readonly vector: number;
  readonly errorCode: number | undefined;
  readonly cr2: number;
  readonly ripOffset: number;
}

function exceptionText(event: ExceptionWords): string {
  if (ofArm(event)) {
    const pc = event.ripOffset === 0 ? '' : `, PC ${event.ripOffset} bytes off`;
    const far = event.cr2 === 0 ? '' : ` at ${hex(event.cr2)}`;
    return `${syndromeText(event.vector, event.errorCode)}${far}${pc}`;
  }
  const code = event.errorCode === undefined ? '' : `(${hex(event.errorCode)})`;
  const address = event.vector === 14 ? ` at ${hex(event.cr2)}` : '';
  const rip = event.ripOffset === 0 ? '' : `, RIP ${event.ripOffset} bytes off`;
  return `${vectorName(event.vector)}${code}${address}${rip}`;
}

function mmioText(event: { write: boolean; gpa: number; len: number }, data: string): string {
  return `MMIO ${event.write ? 'write' : 'read'} of ${event.len} at ${hex(event.gpa)}: ${data}`;
}

function pageList(pages: Iterable<number>): string {
  const sorted = [...pages].sort((a, b) => a - b);
  const ranges: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let end = i;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end++;
    ranges.push(end > i ? `${sorted[i] ?? 0}-${sorted[end] ?? 0}` : `${sorted[i] ?? 0}`);
    i = end + 1;
  }
  return ranges.length === 0 ? 'none' : ranges.join(', ');
}

export { pageList };

/** Which pages a log must and may show. */
export function dirtyText(region: string, { must, may }: DirtyPages): string {
  const possible = may.size === 0 ? '' : `, possibly ${pageList(may.keys())}`;
  return `dirty in ${region}: ${pageList(must.keys())}${possible}`;
}

const SLEPT = ', the waiting thread slept on until UFFDIO_WAKE';

/** One predicted event in words. */
export function expectedText(event: Expected): string {
  switch (event.kind) {
    case 'uffd':
      return `${event.optional ? 'possibly ' : ''}userfault ${event.region}[${event.page}] ${userfaultFlags(event)}`;
    case 'withdrawn':
      return `${event.optional ? 'possibly ' : ''}no answer: ${event.region} unregistered${event.sleeps ? SLEPT : ''}`;
    case 'mmio':
      return mmioText(event, maskedText(event.data));
    case 'done': {
      const parts = [
        `RAX ${maskedText(event.rax)}`,
        `RDX ${maskedText(event.rdx)}`,
        `RFLAGS ${maskedText(event.rflags)}`,
      ];
      const known = parts.filter((_, i) => [event.rax, event.rdx, event.rflags][i]?.known !== 0n);
      return known.length === 0 ? 'completes' : `completes, ${known.join(', ')}`;
    }
    case 'lanes':
      return `vector register from lane ${event.first}: ${event.lanes.map(maskedText).join(' ')}`;
    case 'registers':
      return `RDI ${event.rdi}, RSI/RSP ${event.rsi}, RCX ${event.rcx}`;
    case 'exception':
      return exceptionText(event);
    case 'internal_error':
      return `internal error, sub-code ${event.suberror}`;
    case 'memory_fault':
      return `memory-fault exit, errno ${event.errno}`;
    case 'run_error':
      return `KVM_RUN fails with errno ${event.errno}`;
    case 'ring_full':
      return 'dirty ring full';
    case 'sigbus':
      return `signal for ${event.region}[${event.page}]`;
    case 'ptes':
      return `entries of ${event.region}[${event.page}]: PTE ${maskedText(event.pte)}, PDE ${maskedText(event.pde)}, PDPTE ${maskedText(event.pdpte)}`;
    case 'result':
      return `${event.errno === 0 ? 'succeeds' : `errno ${event.errno}`}${event.value === undefined ? '' : `, value ${maskedText(event.value)}`}`;
    case 'dirty':
      return dirtyText(event.region, event.pages);
    case 'ring':
      return Object.entries(event.regions)
        .map(([region, pages]) => `ring: ${dirtyText(region, pages)}`)
        .join('; ');
    case 'child':
      return `child's private memory ${event.changed ? 'changed' : 'unchanged'}`;
  }
}

/** One observed event in words. */
export function observedText(event: Observed): string {
  switch (event.kind) {
    case 'uffd': {
      const answer = MISSING_ANSWERS[event.answer];
      const answered = event.wp || event.minor || answer === undefined ? '' : `, answered ${answer}`;
      const failed = event.errno === 0 ? '' : `, the answer failed with errno ${event.errno}`;
      return `userfault ${event.region}[${event.page}] ${userfaultFlags(event)}${answered}${failed}`;
    }
    case 'withdrawn':
      return `no answer: ${event.region} unregistered${event.stuck ? SLEPT : ''}`;
    case 'mmio':
      return mmioText(event, hex(event.data));
    case 'done':
      return `completes, RAX ${hex(event.rax)}, RDX ${hex(event.rdx)}, RFLAGS ${hex(event.rflags)}`;
    case 'lanes':
      return `vector register from lane ${event.first}: ${event.lanes.map(hex).join(' ')}`;
    case 'registers':
      return `RDI ${event.rdi}, RSI/RSP ${event.rsi}, RCX ${event.rcx}`;
    case 'exception':
      return exceptionText(event);
    case 'internal_error':
      return `internal error, sub-code ${event.suberror}${event.atLabel ? '' : ', not at the instruction'}`;
    case 'memory_fault':
      return `memory-fault exit, errno ${event.errno}, at ${hex(event.gpa)}, flags ${hex(event.flags)}`;
    case 'ring_full':
      return 'dirty ring full';
    case 'run_error':
      return `KVM_RUN fails with errno ${event.errno}`;
    case 'shutdown':
      return 'shutdown';
    case 'other_exit':
      return `exit reason ${event.reason}`;
    case 'sigbus':
      return event.region === 'code'
        ? `signal for an address in no region, code ${event.code}`
        : `signal for ${event.region}[${event.page}], code ${event.code}`;
    case 'hang':
      return 'hang';
    case 'ptes': {
      const entry = (word: bigint | undefined): string => (word === undefined ? 'not in memory' : hex(word));
      const { pte, pde, pdpte } = event.entries;
      return `entries of ${event.region}[${event.page}]: PTE ${entry(pte)}, PDE ${entry(pde)}, PDPTE ${entry(pdpte)}`;
    }
    case 'result':
      return `${event.errno === 0 ? 'succeeds' : `errno ${event.errno}${event.byDriver ? ' from the driver' : ''}`}, value ${hex(event.value)}`;
    case 'dirty_word':
      return `dirty in ${event.region}, word ${event.index}: ${hex(event.bits)}`;
    case 'ring_entry':
      return `ring entry ${event.region}[${event.page}]`;
    case 'page':
      return `${event.region}[${event.page}] holds ${event.base === 'zero' ? 'zeroes' : `its ${event.base} fill`}, ${event.differing} words differ`;
    case 'page_word':
      return `${event.region}[${event.page}]+${hex(event.offset)} holds ${hex(event.value)}`;
    case 'child':
      return `child's private memory ${event.changed ? 'changed' : 'unchanged'}`;
  }
}
