/** Whether one observed event is the one that was predicted. */
import type { Expected, Masked } from '../../model/expectation.js';
import type { Observed } from '../../driver/observation.js';

/** The known bits agree. */
export function agrees(expected: Masked, observed: bigint): boolean {
  return ((expected.value ^ observed) & expected.known) === 0n;
}

type Of<K extends Expected['kind']> = Extract<Expected, { kind: K }>;
type Seen<K extends Observed['kind']> = Extract<Observed, { kind: K }>;

function sameUserfault(expected: Of<'uffd'>, observed: Seen<'uffd'>): boolean {
  return (
    expected.region === observed.region &&
    expected.page === observed.page &&
    expected.write === observed.write &&
    expected.wp === observed.wp &&
    expected.minor === observed.minor &&
    (observed.vcpu === 'host' || expected.vcpu === 'host' || expected.vcpu === observed.vcpu)
  );
}

function sameMmio(expected: Of<'mmio'>, observed: Seen<'mmio'>): boolean {
  return (
    expected.write === observed.write &&
    expected.gpa === observed.gpa &&
    expected.len === observed.len &&
    agrees(expected.data, observed.data)
  );
}

function sameErrorCode({ errorCode, openBits = 0 }: Of<'exception'>, observed: number | undefined): boolean {
  if (errorCode === undefined || observed === undefined) return errorCode === observed;
  return ((errorCode ^ observed) & ~openBits) === 0;
}

function sameException(expected: Of<'exception'>, observed: Seen<'exception'>): boolean {
  return (
    expected.vector === observed.vector &&
    sameErrorCode(expected, observed.errorCode) &&
    expected.cr2 === observed.cr2 &&
    expected.ripOffset === observed.ripOffset
  );
}

function sameLanes(expected: Of<'lanes'>, observed: Seen<'lanes'>): boolean {
  return expected.first === observed.first && expected.lanes.every((lane, i) => agrees(lane, observed.lanes[i] ?? 0n));
}

/** Compares two events of one kind; events of different kinds never match. */
export function matches(expected: Expected, observed: Observed): boolean {
  if (expected.kind === 'dirty' || expected.kind === 'ring') return false;
  if (expected.kind === 'done' && observed.kind === 'ring_full') return expected.mayFillRing;
  switch (expected.kind) {
    case 'uffd':
      return observed.kind === 'uffd' && sameUserfault(expected, observed);
    case 'withdrawn':
      return observed.kind === 'withdrawn' && expected.region === observed.region && expected.sleeps === observed.stuck;
    case 'mmio':
      return observed.kind === 'mmio' && sameMmio(expected, observed);
    case 'done':
      return (
        observed.kind === 'done' &&
        agrees(expected.rax, observed.rax) &&
        agrees(expected.rdx, observed.rdx) &&
        (expected.rflags.known === 0n || agrees(expected.rflags, BigInt(observed.rflags)))
      );
    case 'lanes':
      return observed.kind === 'lanes' && sameLanes(expected, observed);
    case 'registers':
      return (
        observed.kind === 'registers' &&
        expected.rdi === observed.rdi &&
        expected.rsi === observed.rsi &&
        expected.rcx === observed.rcx
      );
    case 'exception':
      return observed.kind === 'exception' && sameException(expected, observed);
    case 'internal_error':
      return observed.kind === 'internal_error' && expected.suberror === observed.suberror && observed.atLabel;
    case 'memory_fault':
      return observed.kind === 'memory_fault' && expected.errno === observed.errno;
    case 'run_error':
      return observed.kind === 'run_error' && expected.errno === observed.errno;
    case 'ring_full':
      return observed.kind === 'ring_full';
    case 'sigbus':
      return observed.kind === 'sigbus' && expected.region === observed.region && expected.page === observed.page;
    case 'ptes':
      return observed.kind === 'ptes' && sameEntries(expected, observed);
    case 'result':
      return (
        observed.kind === 'result' &&
        expected.errno === observed.errno &&
        (expected.value === undefined || agrees(expected.value, observed.value))
      );
    case 'child':
      return observed.kind === 'child' && expected.changed === observed.changed;
  }
}

/** Entries that could not be read without touching memory are not compared. */
function sameEntries(expected: Of<'ptes'>, observed: Seen<'ptes'>): boolean {
  const { pte, pde, pdpte } = observed.entries;
  return (
    expected.region === observed.region &&
    expected.page === observed.page &&
    (pte === undefined || agrees(expected.pte, pte)) &&
    (pde === undefined || agrees(expected.pde, pde)) &&
    (pdpte === undefined || agrees(expected.pdpte, pdpte))
  );
}
