/** Expected and observed events of the uffd family in words, for mismatches and timelines. */
import { CHILD } from '../../scenario/uffd/fork.js';
import type { UffdObserved } from '../../driver/wire/uffd/observation.js';
import type { Base, UffdExpected } from '../../model/uffd/expectation.js';
import { errnoName } from '../../util/errno.js';

const PAGEFAULT = 0x12;
const FLAGS = ['WRITE', 'WP', 'MINOR'] as const;

function hex(value: bigint | number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function flagText(flags: number): string {
  const names = FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0);
  return names.length === 0 ? 'read' : names.join('|');
}

function baseText(base: Base): string {
  return base === 'zero' ? 'zeroes' : `page ${base.page} of fill ${base.tag}`;
}

function outcomeText(errno: number): string {
  return errno === 0 ? 'succeeds' : `fails with ${errnoName(errno)}`;
}

function entryText(entry: { present: boolean | undefined; swapped: boolean | undefined; wp: boolean }): string {
  const out = entry.present === undefined;
  const bits = [
    out && 'mapped or taken out',
    entry.present && 'present',
    entry.swapped && 'swapped',
    entry.wp && 'write-protected',
  ];
  const names = bits.filter((bit) => typeof bit === 'string');
  return names.length === 0 ? 'nothing' : names.join(', ');
}

function who(thread: number | 'unknown'): string {
  return thread === 'unknown' ? 'the driver' : thread === CHILD ? 'the child' : `thread ${thread}`;
}

/** Before a page of the child's. */
function whose(owner: 'own' | 'child'): string {
  return owner === 'child' ? "the child's " : '';
}

function endText(status: number): string {
  return status === 0 ? 'the child ends' : `the child ends with status ${hex(status)}`;
}

const EVENTS: ReadonlyMap<number, string> = new Map([
  [0x13, 'FORK'],
  [0x15, 'REMOVE'],
]);

function eventText(event: number): string {
  return `event ${EVENTS.get(event) ?? hex(event)}`;
}

function noticeText({ event, start, end }: { event: number; start: number; end: number }): string {
  return `${eventText(event)} of ${hex(start)} to ${hex(end)}`;
}

/** One predicted event in words. */
export function expectedText(event: UffdExpected): string {
  switch (event.kind) {
    case 'result':
      return `${outcomeText(event.errno)}${event.known === 0n ? '' : `, field ${hex(event.value)}`}`;
    case 'message':
      return `${who(event.thread)} waits: userfault at ${hex(event.offset)}, ${flagText(event.flags)}`;
    case 'done':
      return `${who(event.thread)} goes on${event.value === undefined ? '' : `, value ${hex(event.value)}`}`;
    case 'sigbus':
      return `SIGBUS for ${who(event.thread)}, code ${event.code}`;
    case 'waits':
      return `${who(event.thread)} still waits`;
    case 'notice':
      return noticeText(event);
    case 'returned':
      return `call of ${who(event.thread)} ${outcomeText(event.errno)}`;
    case 'entry':
      return `${whose(event.owner)}entry of page ${event.page}: ${entryText(event)}`;
    case 'page': {
      const words = [...event.words].map(([offset, value]) => `, +${hex(offset)} ${hex(value)}`).join('');
      return `${whose(event.owner)}page ${event.page} holds ${baseText(event.base)}${words}`;
    }
    case 'event':
      return eventText(event.event);
    case 'ended':
      return endText(event.status);
  }
}

/** One observed event in words. */
export function observedText(event: UffdObserved): string {
  switch (event.kind) {
    case 'result': {
      const ioctls = event.ioctls === 0n ? '' : `, ioctls ${hex(event.ioctls)}`;
      return `${outcomeText(event.errno)}, field ${hex(event.value)}${ioctls}`;
    }
    case 'message':
      return event.event === PAGEFAULT
        ? `${who(event.thread)} waits: userfault at ${hex(event.offset)}, ${flagText(event.flags)}`
        : eventText(event.event);
    case 'done':
      return `${who(event.thread)} goes on, value ${hex(event.value)}`;
    case 'sigbus':
      return `SIGBUS for ${who(event.thread)}, code ${event.code}`;
    case 'waits':
      return `${who(event.thread)} still waits`;
    case 'notice':
      return noticeText(event);
    case 'returned':
      return `call of ${who(event.thread)} ${outcomeText(event.errno)}`;
    case 'entry':
      return `${whose(event.owner)}entry of page ${event.page}: ${entryText(event)}`;
    case 'page':
      return `${whose(event.owner)}page ${event.page} holds ${baseText(event.base)}, ${event.differing} words differ`;
    case 'page_word':
      return `page ${event.page}+${hex(event.offset)} holds ${hex(event.value)}`;
    case 'stuck':
      return `${who(event.thread)} is left in a fault`;
    case 'ended':
      return endText(event.status);
  }
}
