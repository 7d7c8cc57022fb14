import type { UffdExpected } from './expectation.js';

/** What stands for no thread in the driver's order. */
const NO_THREAD = 0xff;

/** Of messages: by address, flags and thread. */
function place(event: UffdExpected): readonly [number, number, number] {
  if (event.kind === 'message') return [event.offset, event.flags, event.thread];
  return event.kind === 'notice' ? [event.start, event.end, NO_THREAD] : [0, 0, 0];
}

export function byPlace(a: UffdExpected, b: UffdExpected): number {
  const [first, second] = [place(a), place(b)];
  return first[0] - second[0] || first[1] - second[1] || first[2] - second[2];
}

/** What the step's own call gives, messages, and what is over, by thread. */
function group({ kind }: UffdExpected): number {
  if (kind === 'message' || kind === 'notice') return 1;
  return kind === 'done' || kind === 'sigbus' || kind === 'returned' ? 2 : 0;
}

function threadOf(event: UffdExpected): number {
  return 'thread' in event && typeof event.thread === 'number' ? event.thread : 0;
}

/** The events of a step in the order in which the driver reports them. */
export function inDriversOrder(events: readonly UffdExpected[]): UffdExpected[] {
  return [...events].sort((a, b) => {
    const groups = group(a) - group(b);
    if (groups !== 0) return groups;
    return group(a) === 1 ? byPlace(a, b) : group(a) === 2 ? threadOf(a) - threadOf(b) : 0;
  });
}
