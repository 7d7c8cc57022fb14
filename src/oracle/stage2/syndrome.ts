/** Exceptions of aarch64 in words. */

/** Vectors of one exception level. */
const VECTORS = ['synchronous exception', 'IRQ', 'FIQ', 'SError'];

/** Exception classes by ESR_EL1.EC; those of aborts and of what else the guest's code can raise. */
const CLASSES: ReadonlyMap<number, string> = new Map([
  [0x00, 'undefined instruction'],
  [0x15, 'SVC'],
  [0x20, 'instruction abort from EL0'],
  [0x21, 'instruction abort'],
  [0x24, 'data abort from EL0'],
  [0x25, 'data abort'],
]);

const STATUSES = ['Address size fault', 'Translation fault', 'Access flag fault', 'Permission fault'];

/** The fault status of an abort. */
function statusText(status: number): string {
  if (status >= 0x14 && status <= 0x17) return `External abort of the walk, level ${status & 3}`;
  if (status === 0x10) return 'External abort';
  const name = STATUSES[status >> 2];
  return name === undefined ? `status 0x${status.toString(16)}` : `${name}, level ${status & 3}`;
}

/** What an exception of aarch64 says of itself: vector and ESR_EL1. */
export function syndromeText(vector: number, esr: number): string {
  if (vector !== 0) return VECTORS[vector] ?? `vector ${vector}`;
  const number = Math.floor(esr / 2 ** 26) & 0x3f;
  const name = CLASSES.get(number) ?? `exception class 0x${number.toString(16)}`;
  const abort = number >= 0x20 && number <= 0x25;
  const details = abort
    ? [statusText(esr & 0x3f), (esr & 0x40) !== 0 && 'write', (esr & 0x100) !== 0 && 'maintenance']
    : [];
  return [name, ...details.filter((text) => text !== false), `ESR 0x${esr.toString(16)}`].join(', ');
}
