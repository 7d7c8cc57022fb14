import type { Access, Step } from '../../src/scenario/stage2.js';
import { COMPARANDS, HOLE_METHODS } from '../../src/scenario/stage2/steps.js';

/** The accesses of steps, those of races too. */
export const accessesOf = (steps: readonly Step[]): Access[] =>
  steps.flatMap((step) => (step.kind === 'access' ? [step] : step.kind === 'race' ? [step.a, step.b] : []));

/** A string for each alternative of the step schema, down to the enumerations that the driver treats differently. */
export function variant(step: Step): string[] {
  switch (step.kind) {
    case 'access':
      return [`access ${step.op} ${step.width}`, `access on ${step.region}`, `compare ${step.comparand}`];
    case 'race':
      return [`race ${step.a.op}`, `race ${step.b.op}`];
    case 'hole':
      return [`hole ${step.how}`, `hole in ${step.region}`];
    case 'pte':
      return [
        `pte ${step.level} ${step.flag} ${step.set ? 1 : 0}`,
        `pte by ${step.by} ${step.flush ? 1 : 0}`,
        `pte of ${step.region}`,
      ];
    case 'memslot':
      return [`memslot ${step.action} of ${step.region}`];
    case 'host':
      return [step.action === 'mprotect' ? `mprotect ${step.prot}` : `host ${step.action}`];
    default:
      return [`${step.kind} ${step.action}`, 'region' in step ? `${step.kind} ${step.action} of ${step.region}` : ''];
  }
}

const slots = ['pt', 'data', 'data2'];
/** Those that every architecture has. */
export const SHARED_VARIANTS: readonly string[] = [
  ...['data', 'data2', 'none'].flatMap((region) => [`access on ${region}`, `pte of ${region}`]),
  ...COMPARANDS.map((comparand) => `compare ${comparand}`),
  ...HOLE_METHODS.map((how) => `hole ${how}`),
  ...slots.map((region) => `hole in ${region}`),
  ...['guest', 'host'].flatMap((by) => [`pte by ${by} 0`, `pte by ${by} 1`]),
  ...['log', 'replace'].flatMap((action) => slots.map((region) => `memslot ${action} of ${region}`)),
  ...['delete', 'create', 'move'].flatMap((action) =>
    ['data', 'data2'].map((region) => `memslot ${action} of ${region}`),
  ),
  ...slots.flatMap((region) => [`dirtyLog get of ${region}`, `dirtyLog clear of ${region}`]),
  ...['harvest', 'reset'].map((action) => `dirtyLog ${action}`),
  ...['none', 'read', 'read_write'].map((prot) => `mprotect ${prot}`),
  ...['read', 'write', 'fork', 'release'].map((action) => `host ${action}`),
  ...['register', 'unregister', 'protect', 'unprotect', 'answers'].flatMap((action) =>
    slots.map((region) => `uffd ${action} of ${region}`),
  ),
];
