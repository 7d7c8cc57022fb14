import type { ProfileFacts } from '../corpus/profile-facts.js';

const PAGING: Readonly<Record<string, string>> = { tdp: 'two-dimensional paging', shadow: 'shadow paging' };

/** Faults that no rule of a model is about. */
const HAPPENED: Readonly<Record<string, string>> = {
  crash: 'the process died',
  hang: 'it did not end',
  'kernel-log': 'the kernel reported trouble',
};

/** Whether a rule is none of a model's, but of all machines. */
export function isOutsideModels(rule: string): boolean {
  return Object.hasOwn(HAPPENED, rule);
}

/** Which rule broke, where, on what kind of machine. */
export function bucketTitle(
  rules: readonly string[],
  shape: string,
  caseTitle: string,
  machines: readonly ProfileFacts[],
): string {
  const [first = ''] = rules;
  const happened = HAPPENED[first] ?? (rules.length === 0 ? caseTitle : `${rules.join(' and ')} broke`);
  const where = shape === '' ? '' : first === 'kernel-log' ? `: ${shape}` : ` in: ${shape}`;
  const kinds = [...new Set(machines.map(machineKind))];
  const on =
    kinds.length === 0
      ? ''
      : kinds.length <= 2
        ? `, on ${kinds.join(' and ')}`
        : `, on ${kinds.length} kinds of machine`;
  return `${happened}${where}${on}`;
}

/** What kind of machine it is, without its kernel's release: `x86_64 kvm_intel with shadow paging`. */
export function machineKind(facts: ProfileFacts): string {
  const words = ['arch', 'kvmModule'].map((field) => String(facts[field] ?? '')).filter((word) => word !== '');
  const paging = PAGING[String(facts['paging'])];
  return words.join(' ') + (paging === undefined ? '' : ` with ${paging}`);
}
