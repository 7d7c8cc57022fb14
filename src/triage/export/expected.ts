/** Predicted events as statements. */
import type { Expected, Outcome } from '../../model/expectation.js';
import { folded, type Item } from './loops.js';
import { NotExportable } from './request.js';
import { call, cString } from './text.js';
import { bitsText, hexText, pageText, regionText, signedText, type RegionName } from './values.js';

type Of<K extends Expected['kind']> = Extract<Expected, { kind: K }>;

function vcpuText(vcpu: 0 | 1 | 'host'): string {
  return vcpu === 'host' ? 'HOST' : `${vcpu}`;
}

function flagsText({ write, wp, minor }: Of<'uffd'>): string {
  const flags = [minor && 'MINOR', wp && 'WP', write && 'WRITE'].filter((flag) => flag !== false);
  return flags.length === 0 ? 'READ' : flags.join(' | ');
}

function errorCodeText({ errorCode, openBits = 0 }: Of<'exception'>): string {
  if (errorCode === undefined) return 'EXACT(NO_ERROR_CODE)';
  if (openBits === 0) return `EXACT(${hexText(errorCode)})`;
  return `BITS(${hexText(errorCode)}, ${hexText(BigInt.asUintN(64, ~BigInt(openBits)))})`;
}

/** How far an instruction moves registers that hold addresses, as arguments of `expect_moved`. */
export type MovedText = (event: Of<'registers'>) => readonly string[];

/** Function and arguments that expect an event. */
function expectation(
  event: Expected,
  base: number | undefined,
  moved: MovedText,
): readonly [name: string, ...args: string[]] {
  const at = (one: { readonly region: RegionName; readonly page: number }): [string, string] => [
    regionText(one.region),
    pageText(one.page, base),
  ];
  switch (event.kind) {
    case 'uffd':
      return ['expect_userfault', vcpuText(event.vcpu), ...at(event), flagsText(event)];
    case 'withdrawn':
      return ['expect_withdrawn', cString(event.wakesRule), regionText(event.region), String(event.sleeps)];
    case 'mmio':
      return [
        event.write ? 'expect_mmio_write' : 'expect_mmio_read',
        `${event.vcpu}`,
        hexText(event.gpa),
        `${event.len}`,
        bitsText(event.data, base),
      ];
    case 'done':
      return [
        'expect_done',
        `${event.vcpu}`,
        bitsText(event.rax, base),
        bitsText(event.rdx, base),
        bitsText(event.rflags),
      ];
    case 'lanes': {
      const lanes = [0, 1, 2]
        .map((i) => event.lanes[i])
        .map((lane) => (lane === undefined ? 'ANY' : bitsText(lane, base)));
      return ['expect_lanes', `${event.vcpu}`, `${event.first}`, ...lanes];
    }
    case 'registers':
      return ['expect_moved', `${event.vcpu}`, ...moved(event)];
    case 'exception':
      return [
        'expect_exception',
        `${event.vcpu}`,
        `${event.vector}`,
        errorCodeText(event),
        hexText(event.cr2),
        signedText(event.ripOffset),
      ];
    case 'internal_error':
      return ['expect_internal_error', `${event.vcpu}`, `${event.suberror}`];
    case 'memory_fault':
      return ['expect_memory_fault', `${event.vcpu}`, `${event.errno}`];
    case 'run_error':
      return ['expect_run_error', `${event.vcpu}`, `${event.errno}`];
    case 'ring_full':
      return ['expect_ring_full', `${event.vcpu}`];
    case 'sigbus':
      return ['expect_signal', vcpuText(event.vcpu), ...at(event)];
    case 'ptes':
      return [
        'expect_entries',
        ...at(event),
        bitsText(event.pte, base),
        bitsText(event.pde, base),
        bitsText(event.pdpte, base),
      ];
    case 'result':
      return event.value === undefined || event.errno !== 0
        ? ['expect_result', `${event.errno}`]
        : ['expect_value', bitsText(event.value, base)];
    case 'child':
      return ['expect_child', event.changed ? 'true' : 'false'];
    case 'dirty':
    case 'ring':
      throw new NotExportable(`a report of dirty pages has no place among several ways`);
  }
}

function eventLines(event: Expected, indent: number, base: number | undefined, moved: MovedText): string[] {
  const [name, ...args] = expectation(event, base, moved);
  const rule = 'rule' in event ? event.rule : '';
  const whole = call(name, [cString(rule), ...args], indent);
  const wrapper =
    'optional' in event && event.optional
      ? 'maybe'
      : event.kind === 'done' && event.mayFillRing
        ? 'or_dirty_ring_full'
        : undefined;
  if (wrapper === undefined) return whole;
  const text = [name + '(', [cString(rule), ...args].join(', '), ')'].join('');
  return call(wrapper, [text], indent);
}

function item(event: Expected, moved: MovedText): Item {
  return {
    page: 'page' in event ? event.page : undefined,
    lines: (indent, base) => eventLines(event, indent, base, moved),
  };
}

/** Statements that expect what one step may show: each way after the first is introduced by `otherwise`. */
export function outcomeLines(outcomes: readonly Outcome[], indent: number, moved: MovedText): string[] {
  const tabs = '\t'.repeat(indent);
  const any = outcomes.some(({ anyUserfaults }) => anyUserfaults) ? [`${tabs}any_userfaults = true;`] : [];
  const ways = outcomes.flatMap(({ events }, i) => {
    const single = events.filter(({ kind }) => kind !== 'dirty' && kind !== 'ring');
    const items = single.map((event) => item(event, moved));
    return [...(i > 0 ? [`${tabs}otherwise();`] : []), ...folded(items, indent)];
  });
  return [...any, ...ways];
}
