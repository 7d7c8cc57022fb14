/** Syndromes, entries and steps that the cases of aarch64 share. */
import { ARM_GVA } from '../../../../src/scenario/stage2/arch.js';
import type { Hole, Pte } from '../../../../src/scenario/stage2.js';
import { entry, MACHINES, type Machine, type RuleCase, type Seen } from '../../support.js';

const LENGTH = 0x02000000;
const CLASS = { data: 0x90000000, fetch: 0x80000000 } as const;

/** Fault status, and what a data abort says beside it. */
export const STATUS = { translation: 4, accessFlag: 8, permission: 12, external: 16 } as const;
export const WRITE = 0x40;
export const MAINTENANCE = 0x140;

/** An exception that the guest took with this syndrome. */
export function exception(esr: number, far: number, offset = 0): Seen {
  return { kind: 'exception', vcpu: 0, vector: 0, errorCode: esr, cr2: far, ripOffset: offset };
}

function abort(of: keyof typeof CLASS, machine: Machine, details: number, far: number, offset: number): Seen {
  const sameLevel = MACHINES[machine].privilege === 'user' ? 0 : 0x04000000;
  return exception(CLASS[of] + sameLevel + LENGTH + details, far, offset);
}

/** A data abort with these details in its syndrome. */
export function dataAbort(machine: Machine, details: number, far: number = ARM_GVA.data, offset = 0): Seen {
  return abort('data', machine, details, far, offset);
}

export function fetchAbort(machine: Machine, details: number, far: number): Seen {
  return abort('fetch', machine, details, far, 0);
}

export function runError(errno: number): Seen {
  return { kind: 'run_error', vcpu: 0, errno };
}

/** Low bits of a data page's leaf: valid page of normal memory, access flag, and the bit for EL0. */
export function leafBits(machine: Machine, { af = true, readonly = false, valid = true } = {}): number {
  const user = MACHINES[machine].privilege === 'user' ? 0x40 : 0;
  return (valid ? 0x303 : 0x302) | 4 | user | (af ? 0x400 : 0) | (readonly ? 0x80 : 0);
}

/** The same with the bit that lets the processor manage the dirty state. */
export function modifiable(bits: number): bigint {
  return entry(bits) | (1n << 51n);
}

export const takePage: Pte = {
  kind: 'pte',
  region: 'data',
  page: 0,
  level: 'l3',
  flag: 'valid',
  set: false,
  by: 'host',
  vcpu: 0,
  flush: true,
};
export const takeSecondPage: Pte = { ...takePage, page: 1 };
export const takeByGuest: Pte = { ...takePage, by: 'guest' };
export const forbidWrites: Pte = { ...takeByGuest, flag: 'writable' };
export const holeInTable: Hole = { kind: 'hole', region: 'pt', page: 2, pages: 1, how: 'dontneed' };

/** A case on each machine, for what depends on the machine beside its steps. */
export function each(make: (machine: Machine) => RuleCase): RuleCase[] {
  return (['el1', 'el0'] as const).map((machine) => ({ ...make(machine), on: [machine] }));
}
