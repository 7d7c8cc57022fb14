import { describe, expect, test } from 'vitest';
import type { Driver } from '../../src/driver/library.js';
import { NoKvmError, probe } from '../../src/driver/probe.js';
import { WIRE_BITS, WIRE_ENUMS, WIRE_MAGIC, WIRE_VERSION, wireOffsets } from '../../src/driver/wire/spec.js';
import type { ArmProfile, Stage2Profile, X86Profile } from '../../src/scenario/profile.js';
import type { Access, ArmConfig, Stage2Scenario, Step } from '../../src/scenario/stage2.js';
import { ARCHES, type Arch } from '../../src/scenario/stage2/arch.js';
import type { Op } from '../../src/scenario/stage2/ops.js';
import type { UffdStep } from '../../src/scenario/stage2/steps.js';
import { stage2Problems } from '../../src/scenario/stage2/constraints.js';
import { readRequest } from './wire/request-reader.js';
import { frame, type RawEvent } from './wire/response-writer.js';

type Cap = keyof typeof WIRE_BITS.cap;

const AT = wireOffsets('facts');
const DATA = WIRE_ENUMS.region.indexOf('data');
const ENOSYS = 38;
const EFAULT = 14;
const EBUSY = 16;
const ENOENT = 2;
const ALL_CAPS = Object.keys(WIRE_BITS.cap) as Cap[];

interface Machine {
  readonly arch: Arch | number;
  readonly caps: readonly Cap[];
  readonly kvmErrno?: number;
  /** What each step of a probe shows. */
  readonly events: (step: Step, index: number, scenario: Stage2Scenario) => readonly RawEvent[];
}

function factsOf({ arch, caps, kvmErrno = 0 }: Machine): Uint8Array {
  const bytes = new Uint8Array(AT.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(AT.magic, WIRE_MAGIC, true);
  view.setUint16(AT.version, WIRE_VERSION, true);
  view.setUint8(AT.arch, typeof arch === 'number' ? arch : ARCHES.indexOf(arch));
  view.setBigUint64(AT.caps, BigInt(caps.reduce((sum, cap) => sum | WIRE_BITS.cap[cap], 0)), true);
  view.setUint32(AT.kvm_errno, kvmErrno, true);
  view.setUint32(AT.ring_entries, 1024, true);
  view.setUint32(AT.ring_reserved, 64, true);
  view.setUint32(AT.free_huge_pages, 2, true);
  for (const name of ['kvm_module', 'release', 'cpu_vendor', 'cpu_model'] as const) bytes.set([0x61, 0x62], AT[name]);
  return bytes;
}

/** A driver that answers from a description, and keeps what it was asked. */
class Stub implements Driver {
  readonly asked: Stage2Scenario[] = [];

  constructor(private readonly machine: Machine) {}

  execute(request: Uint8Array): Uint8Array {
    const { header, config, steps } = readRequest(request);
    const arch = ARCHES[Number(header['arch']?.[0])];
    const scenario = { schema: 1, family: 'stage2', arch, config, steps } as Stage2Scenario;
    this.asked.push(scenario);
    const events = steps.flatMap((step, i) =>
      this.machine.events(step, i, scenario).map((event) => ({ ...event, step: i })),
    );
    return frame({}, events);
  }

  executeAll(): never {
    throw new Error('a probe executes one request at a time');
  }

  facts(): Uint8Array {
    return factsOf(this.machine);
  }

  blackbox(): void {
    throw new Error('a probe has no black box');
  }

  close(): void {
    throw new Error('whoever opened the driver closes it');
  }
}

/** The processor's and the kernel's choices. */
interface Choices {
  readonly atomics: readonly ArmProfile['atomicFaults'][];
  readonly atSetsFlag: boolean;
  readonly walkDirties: boolean;
  readonly memoryFault: boolean;
  readonly dropsWp: boolean;
  readonly spansMappings: boolean;
}

const CHOICES: Choices = {
  atomics: ['read_first'],
  atSetsFlag: true,
  walkDirties: false,
  memoryFault: false,
  dropsWp: true,
  spansMappings: true,
};

/** What a step of userfaultfd that may be refused gets. */
function uffdErrno(
  { action }: UffdStep,
  { dropsWp, spansMappings }: Pick<Choices, 'dropsWp' | 'spansMappings'>,
): number {
  if (action === 'protect') return spansMappings ? 0 : ENOENT;
  return dropsWp ? 0 : EBUSY;
}

/** An aarch64 machine, as far as probes look at it. */
function armMachine(choices: Choices, caps: readonly Cap[] = ALL_CAPS): Machine {
  let atomics = 0;
  return {
    arch: 'aarch64',
    caps,
    events: (step, index, { config, steps }) => {
      const { ha, initial } = config as ArmConfig;
      if (step.kind === 'dirtyLog')
        return index === 2 && choices.walkDirties ? [{ kind: 'dirty_word', arg: 1, a: 0n, b: 7n }] : [];
      if (step.kind === 'uffd') return [{ kind: 'result', arg: uffdErrno(step, choices) }];
      if (step.kind !== 'access') return [{ kind: 'result' }];
      if (steps[0]?.kind === 'host') {
        const refused = choices.memoryFault ? 'memory_fault' : 'run_error';
        return [
          { kind: refused, arg: EFAULT },
          { kind: 'ptes', arg: DATA },
        ];
      }
      const af = initial.af || (ha && step.op === 'at_s1e1r' && choices.atSetsFlag) ? 1n << 10n : 0n;
      const ptes: RawEvent = { kind: 'ptes', arg: DATA | (7 << 24), a: af | 3n };
      if (step.op !== 'cas') return [{ kind: 'done' }, ptes];
      const reads = choices.atomics[atomics++ % choices.atomics.length] === 'read_first';
      return [...(reads ? [{ kind: 'uffd', arg: DATA } as const] : []), { kind: 'run_error', arg: ENOSYS }, ptes];
    },
  };
}

/** Probes a machine, and demands that each scenario that it is asked keeps the rules of scenarios. */
function probed(machine: Machine): { profile: Stage2Profile; asked: readonly Stage2Scenario[] } {
  const driver = new Stub(machine);
  const profile = probe(driver);
  for (const scenario of driver.asked) expect([...stage2Problems(scenario)]).toEqual([]);
  return { profile, asked: driver.asked };
}

const armProfile = (choices: Partial<Choices>, caps?: readonly Cap[]): Stage2Profile =>
  probed(armMachine({ ...CHOICES, ...choices }, caps)).profile;
const without = (...gone: Cap[]): Cap[] => ALL_CAPS.filter((cap) => !gone.includes(cap));

describe('a probe of an aarch64 machine', () => {
  test('says what it is and what it has', () => {
    const profile = armProfile({});
    expect(profile).toMatchObject({ arch: 'aarch64', target: 'local', kvmModule: 'ab', kernelRelease: 'ab' });
    expect(Object.values(profile.features)).not.toContain(false);
    expect(profile.ringSoftLimit).toBe(960);
  });

  test.each<[cap: Cap, feature: keyof Stage2Profile['features']]>([
    ['lse', 'lse'],
    ['ha', 'hardwareAccessFlag'],
    ['hd', 'hardwareDirty'],
    ['granule_4k', 'granule4k'],
    ['granule_16k', 'granule16k'],
    ['granule_64k', 'granule64k'],
    ['readonly_mem', 'readonlyMem'],
    ['uffd_wp', 'uffdWp'],
  ])('without %s lacks %s alone', (cap, feature) => {
    const { features } = armProfile({}, without(cap));
    expect(Object.entries(features).filter(([, present]) => !present)).toEqual([[feature, false]]);
  });

  test.each<[seen: Choices['atomics'], expected: ArmProfile['atomicFaults']]>([
    [['read_first'], 'read_first'],
    [['write_at_once'], 'write_at_once'],
    [['read_first', 'write_at_once', 'read_first'], 'write_at_once'],
  ])('that shows atomics as %j finds %s', (atomics, expected) => {
    expect(armProfile({ atomics })).toMatchObject({ atomicFaults: expected });
  });

  test('asks for no atomic where none of its outcomes could be seen', () => {
    for (const cap of ['lse', 'readonly_mem', 'userfaultfd'] as const) {
      const { asked, profile } = probed(armMachine({ ...CHOICES, atomics: ['write_at_once'] }, without(cap)));
      expect(profile).toMatchObject({ atomicFaults: 'read_first' });
      expect(asked.flatMap(({ steps }) => steps).some((step) => step.kind === 'access' && step.op === 'cas')).toBe(
        false,
      );
    }
  });

  test.each([true, false])('sees whether AT sets the access flag: %s', (atSetsFlag) => {
    expect(armProfile({ atSetsFlag })).toMatchObject({ atSetsAccessFlag: atSetsFlag });
    expect(armProfile({ atSetsFlag }, without('ha'))).toMatchObject({ atSetsAccessFlag: false });
  });

  test('sees whether a walk dirties the tables, and how a refused access ends', () => {
    expect(armProfile({})).toMatchObject({ walkDirtiesTables: 'on_change', memoryFaultExit: false });
    expect(armProfile({ walkDirties: true })).toMatchObject({ walkDirtiesTables: 'always' });
    expect(armProfile({ memoryFault: true })).toMatchObject({ memoryFaultExit: true });
  });

  test('uses a granule that there is', () => {
    const { asked } = probed(armMachine(CHOICES, without('granule_4k', 'granule_16k')));
    expect(asked.length).toBeGreaterThan(3);
    expect(new Set(asked.map(({ config }) => ('granule' in config ? config.granule : 'none')))).toEqual(
      new Set(['64k']),
    );
  });
});

interface X86Choices {
  readonly atomicWrites: boolean;
  readonly clflushLoads: boolean;
  readonly storesAtOnce: number;
  readonly dropsWp: boolean;
  readonly spansMappings: boolean;
  /** What the processor lacks, and what KVM cannot emulate. */
  readonly absent: readonly Op[];
  readonly unknownToKvm: readonly Op[];
}

const X86_CHOICES: X86Choices = {
  atomicWrites: true,
  clflushLoads: true,
  storesAtOnce: 64,
  dropsWp: true,
  spansMappings: true,
  absent: [],
  unknownToKvm: [],
};
const PAGE_FAULT = 14 | (1 << 8);
const PF_WRITE = 2;
const INVALID_OPCODE: RawEvent = { kind: 'exception', arg: 6 };
const EMULATION: RawEvent = { kind: 'internal_error', arg: 1 };

/** What a store that straddles into a protected page leaves, and how it ends. */
function torn({ width, offset }: Access, atOnce: number): readonly RawEvent[] {
  const onFirst = 4096 - offset;
  const written = width <= atOnce ? 0 : onFirst - (onFirst % atOnce);
  const words = Array.from({ length: written / 8 }, (_, i): RawEvent => ({
    kind: 'page_word',
    a: BigInt(offset + 8 * i),
  }));
  return [{ kind: 'run_error', arg: EFAULT }, ...words];
}

/** An x86 machine that runs the code of both privileges, as far as probes look at it. */
function x86Machine(choices: X86Choices, caps: readonly Cap[] = ALL_CAPS): Machine {
  const access = (step: Access, first: Step | undefined, privilege: string): readonly RawEvent[] => {
    const { op } = step;
    if (choices.absent.includes(op)) return [INVALID_OPCODE];
    if (step.region === 'none' && choices.unknownToKvm.includes(op))
      return [privilege === 'user' ? INVALID_OPCODE : EMULATION];
    if (first?.kind === 'pte')
      return [{ kind: 'exception', arg: PAGE_FAULT, a: BigInt(choices.atomicWrites ? PF_WRITE : 0) }];
    if (first?.kind !== 'host') return [{ kind: 'done' }];
    if (op === 'clflush' && !choices.clflushLoads) return [{ kind: 'done' }];
    return step.offset > 0 ? torn(step, choices.storesAtOnce) : [{ kind: 'run_error', arg: EFAULT }];
  };
  return {
    arch: 'x86_64',
    caps,
    events: (step, _index, { config, steps }) => {
      if (step.kind === 'access') return access(step, steps[0], config.privilege);
      return [{ kind: 'result', arg: step.kind === 'uffd' ? uffdErrno(step, choices) : 0 }];
    },
  };
}

function x86Profile(choices: Partial<X86Choices>, caps?: readonly Cap[]): X86Profile {
  const { profile } = probed(x86Machine({ ...X86_CHOICES, ...choices }, caps));
  if (profile.arch !== 'x86_64') throw new Error('an x86 machine was taken for another');
  return profile;
}

describe('a probe of an x86 machine', () => {
  const table = 0x40001007n;
  const fill = 0xa502000000005a5an;

  test.each<[what: string, rax: bigint, entry: bigint, expected: 'shadow' | 'tdp']>([
    ['leave the entry alone and lead to the data are shadowed', fill, 7n, 'shadow'],
    ['are taken for the data are walked by the processor', table, 7n, 'tdp'],
    ['are written to are walked by the processor', fill, 0x27n, 'tdp'],
  ])('knows that read-only tables that %s', (_, a, entry, paging) => {
    const events = (): RawEvent[] => [
      { kind: 'done', a },
      { kind: 'ptes', arg: DATA | (7 << 24), a: entry },
    ];
    const { profile } = probed({ arch: 'x86_64', caps: ALL_CAPS, events });
    expect(profile).toMatchObject({ paging, readOnlyTables: paging === 'shadow' ? 'work' : 'undefined' });
  });
});

describe('a probe of an x86 processor', () => {
  test('takes the page fault of an atomic for what it is', () => {
    expect(x86Profile({ atomicWrites: true })).toMatchObject({ atomicFaults: 'write_at_once' });
    expect(x86Profile({ atomicWrites: false })).toMatchObject({ atomicFaults: 'read_first' });
  });

  test.each([true, false])('sees whether clflush is checked: %s', (clflushLoads) => {
    expect(x86Profile({ clflushLoads })).toMatchObject({ clflushLoads });
  });

  test.each([8, 16, 64])('finds that it stores %s bytes at once', (storesAtOnce) => {
    expect(x86Profile({ storesAtOnce })).toMatchObject({ storesAtOnce });
  });

  test('tells the invalid opcode of the processor from the one that KVM makes of what it cannot emulate', () => {
    const { ops } = x86Profile({ absent: ['avx512_load'], unknownToKvm: ['avx_load', 'fetch'] });
    const works = { memory: 'runs', mmio: 'emulated' };
    expect(ops.load).toEqual({ kernel: works, user: works });
    expect(ops.avx512_load.user).toEqual({ memory: 'absent', mmio: 'absent' });
    expect(ops.avx_load.kernel).toEqual({ memory: 'runs', mmio: 'undecoded' });
    expect(ops.avx_load.user).toEqual({ memory: 'runs', mmio: 'invalid_opcode' });
  });

  test('asks whether a registration drops write protection only where there is any', () => {
    expect(x86Profile({ dropsWp: false })).toMatchObject({ uffdDropsWp: false });
    expect(x86Profile({ dropsWp: false }, without('uffd_wp'))).toMatchObject({ uffdDropsWp: true });
    expect(armProfile({ dropsWp: false })).toMatchObject({ uffdDropsWp: false });
    expect(x86Profile({ spansMappings: false })).toMatchObject({ uffdWpSpansMappings: false });
    expect(x86Profile({ spansMappings: false }, without('uffd_wp'))).toMatchObject({ uffdWpSpansMappings: true });
    expect(armProfile({ spansMappings: false })).toMatchObject({ uffdWpSpansMappings: false });
  });
});

describe('a probe of any machine', () => {
  test('asks an x86 driver for x86', () => {
    const { profile, asked } = probed({ arch: 'x86_64', caps: ALL_CAPS, events: () => [{ kind: 'done' }] });
    expect(profile.arch).toBe('x86_64');
    expect(new Set(asked.map(({ arch }) => arch))).toEqual(new Set(['x86_64']));
  });

  test('ends with one sentence where KVM cannot be used', () => {
    const machine = { arch: 'aarch64', events: () => [] } as const;
    expect(() => probe(new Stub({ ...machine, caps: [], kvmErrno: 13 }))).toThrow(NoKvmError);
    expect(() => probe(new Stub({ ...machine, caps: ['userfaultfd'] }))).toThrow(/cannot be used/);
  });

  test('believes no driver of an unknown architecture', () => {
    expect(() => probe(new Stub({ arch: 9, caps: ALL_CAPS, events: () => [] }))).toThrow(/^HARNESS: /);
  });
});
