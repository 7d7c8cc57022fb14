import type { Access, Stage2Config, Stage2Scenario, Step, Uffd } from '../../src/scenario/stage2.js';

/** The simplest scenario's configuration, with some fields changed. */
export function config(changes: Partial<Stage2Config> = {}): Stage2Config {
  const flags = { log: false, readonly: false };
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

export function scenario(steps: readonly Step[], changes: Partial<Stage2Config> = {}): Stage2Scenario {
  return { schema: 1, family: 'stage2', arch: 'x86_64', config: config(changes), steps: [...steps] };
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
