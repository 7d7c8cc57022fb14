import { FILL_TAGS, UFFD_MAX_PAGES } from '../../../scenario/uffd/layout.js';
import { malformed } from '../stage2/events.js';
import { WIRE_ENUMS, wireOffsets } from '../spec.js';
import type { WireName } from '../names.js';
import { CHILD } from '../../../scenario/uffd/fork.js';
import type { UffdBase, UffdObserved, UffdOwner, UffdThread } from './observation.js';

const AT = wireOffsets('event');
const PRESENT = 1n << 63n;
const SWAPPED = 1n << 62n;
const WP = 1n << 57n;

function thread(number: number): UffdThread {
  if (number === 0 || number === 1 || number === 2 || number === CHILD) return number;
  if (number === 0xff) return 'unknown';
  throw malformed(`there is no thread ${number}`);
}

function owner(thread: UffdThread): UffdOwner {
  return thread === CHILD ? 'child' : 'own';
}

function baseOf(number: number): UffdBase {
  if (number === 0) return 'zero';
  const tag = FILL_TAGS[Math.floor((number - 1) / UFFD_MAX_PAGES)];
  if (tag === undefined) throw malformed(`there is no page base ${number}`);
  return { tag, page: (number - 1) % UFFD_MAX_PAGES };
}

interface Raw {
  readonly step: number;
  readonly thread: UffdThread;
  readonly arg: number;
  readonly a: bigint;
  readonly b: bigint;
}

const DECODERS: Readonly<Record<WireName<'uffd_event_kind'>, (raw: Raw) => UffdObserved>> = {
  result: ({ step, arg, a, b }) => ({ step, kind: 'result', errno: arg, value: BigInt.asIntN(64, a), ioctls: b }),
  message: ({ step, thread, arg, a, b }) => ({
    step,
    kind: 'message',
    event: arg,
    thread,
    offset: Number(BigInt.asIntN(64, a)),
    flags: Number(b),
  }),
  done: ({ step, thread, a }) => ({ step, kind: 'done', thread, value: a }),
  sigbus: ({ step, thread, arg, a }) => ({ step, kind: 'sigbus', thread, page: Number(a), code: arg }),
  waits: ({ step, thread }) => ({ step, kind: 'waits', thread }),
  entry: ({ step, thread, arg, a }) => ({
    step,
    kind: 'entry',
    owner: owner(thread),
    page: arg,
    present: (a & PRESENT) !== 0n,
    swapped: (a & SWAPPED) !== 0n,
    wp: (a & WP) !== 0n,
  }),
  page: ({ step, thread, arg, a }) => ({
    step,
    kind: 'page',
    owner: owner(thread),
    page: arg & 0xff,
    base: baseOf(arg >>> 8),
    differing: Number(a),
  }),
  page_word: ({ step, arg, a, b }) => ({ step, kind: 'page_word', page: arg, offset: Number(a), value: b }),
  stuck: ({ step, thread }) => ({ step, kind: 'stuck', thread }),
  notice: ({ step, arg, a, b }) => ({ step, kind: 'notice', event: arg, start: Number(a), end: Number(b) }),
  returned: ({ step, thread, arg }) => ({ step, kind: 'returned', thread, errno: arg }),
  ended: ({ step, arg }) => ({ step, kind: 'ended', status: arg }),
};
const BY_NUMBER = WIRE_ENUMS.uffd_event_kind.map((name) => DECODERS[name]);

/** Reads the event record that starts at `base`. */
export function getUffdEvent(view: DataView, base: number): UffdObserved {
  const kind = view.getUint8(base + AT.kind);
  const decoder = BY_NUMBER[kind];
  if (decoder === undefined) throw malformed(`there is no event kind ${kind}`);
  return decoder({
    step: view.getUint16(base + AT.step, true),
    thread: thread(view.getUint8(base + AT.vcpu)),
    arg: view.getUint32(base + AT.arg, true),
    a: view.getBigUint64(base + AT.a, true),
    b: view.getBigUint64(base + AT.b, true),
  });
}
