import type { Access, ArmConfig, Step, Uffd, X86Config } from '../../src/scenario/stage2.js';
import type { ArmScenario, X86Scenario } from '../../src/scenario/stage2.js';

const flags = { log: false, readonly: false };

/** The simplest scenario's configuration, with some fields changed. */
export function config(changes: Partial<X86Config> = {}): X86Config {
  return {
    privilege: 'kernel',
    vcpus: 1,
    dirtyTracking: 'bitmap',
    initial: { pteA: true, pdeA: true, pdpteA: true, pteD: true },
    pt: { backing: 'anon', flags, uffd: null },
    data: { backing: 'anon', flags, uffd: null, pages: 2, offsetPages: 0 },
    data2: null,
    none: { pages: 1, reads: ['0x0'] },
    ...changes,
  };
}

export function scenario(steps: readonly Step[], changes: Partial<X86Config> = {}): X86Scenario {
  return { schema: 1, family: 'stage2', arch: 'x86_64', config: config(changes), steps: [...steps] };
}

/** The same on aarch64. */
export function armConfig(changes: Partial<ArmConfig> = {}): ArmConfig {
  const { privilege, vcpus, dirtyTracking, pt, data, data2, none } = config();
  const initial = { af: true, dbm: false, writable: true };
  const common = { privilege, vcpus, dirtyTracking, pt, data, data2, none };
  return { ...common, granule: '4k', ha: true, hd: false, initial, ...changes };
}

export function armScenario(steps: readonly Step[], changes: Partial<ArmConfig> = {}): ArmScenario {
  return { schema: 1, family: 'stage2', arch: 'aarch64', config: armConfig(changes), steps: [...steps] };
}

export function armAccess(changes: Partial<Access> = {}): Access {
  return access({ op: 'ldr', ...changes });
}

export function access(changes: Partial<Access> = {}): Access {
  return {
    kind: 'access',
    op: 'load',
    width: 8,
    vcpu: 0,
    region: 'data',
    page: 0,
    offset: 0,
    value: '0x0',
    comparand: 'initial',
    count: 1,
    sweep: 1,
    peer: { region: 'scratch' },
    ...changes,
  };
}

export function uffd(changes: Partial<Uffd> = {}): Uffd {
  return {
    missing: true,
    minor: false,
    wp: false,
    missingAnswers: ['copy'],
    minorAnswer: 'continue',
    wpAnswer: 'unprotect',
    delayUs: 0,
    ...changes,
  };
}
