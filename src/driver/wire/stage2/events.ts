import type { Actor, Observed, Region } from '../../observation.js';
import type { WireName } from '../names.js';
import { WIRE_BITS, WIRE_ENUMS, wireOffsets } from '../spec.js';

const AT = wireOffsets('event');
const ERRNO_MASK = 0xffff;
const BY_DRIVER = 0x10000;
const PTE_PRESENT = { pte: 1, pde: 2, pdpte: 4 } as const;

/** Size of one event record. */
export const EVENT_SIZE = AT.size;

/** The native driver answered something that its contract does not allow. */
export function malformed(what: string): Error {
  return new Error(`HARNESS: malformed response from the native driver: ${what}`);
}

const arg = (view: DataView, base: number): number => view.getUint32(base + AT.arg, true);
const a = (view: DataView, base: number): bigint => view.getBigUint64(base + AT.a, true);
const b = (view: DataView, base: number): bigint => view.getBigUint64(base + AT.b, true);
const c = (view: DataView, base: number): bigint => view.getBigUint64(base + AT.c, true);

/** An unsigned number; beyond 2^53 the nearest one, which no expectation equals anyway. */
function unsigned(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x100000000;
}

function signed(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getInt32(offset + 4, true) * 0x100000000;
}

function region(number: number): Region {
  const name = WIRE_ENUMS.region[number & 0xff];
  if (name === undefined) throw malformed(`there is no region ${number & 0xff}`);
  return name;
}

const page = (packed: number): number => (packed >>> 8) & 0xffff;

type Decoder = (view: DataView, base: number, step: number, vcpu: Actor) => Observed;

const uffd: Decoder = (view, base, step, vcpu) => {
  const packed = arg(view, base);
  const bits = packed >>> 24;
  return {
    step,
    vcpu,
    kind: 'uffd',
    region: region(packed),
    page: page(packed),
    write: (bits & WIRE_BITS.uffd_event.write) !== 0,
    wp: (bits & WIRE_BITS.uffd_event.wp) !== 0,
    minor: (bits & WIRE_BITS.uffd_event.minor) !== 0,
    answer: view.getUint8(base + AT.a),
    errno: view.getUint32(base + AT.b, true),
  };
};

const exception: Decoder = (view, base, step, vcpu) => {
  const packed = arg(view, base);
  return {
    step,
    vcpu,
    kind: 'exception',
    vector: packed & 0xff,
    errorCode: (packed & 0x100) === 0 ? undefined : view.getUint32(base + AT.a, true),
    cr2: unsigned(view, base + AT.b),
    ripOffset: signed(view, base + AT.c),
  };
};

const ptes: Decoder = (view, base, step, vcpu) => {
  const packed = arg(view, base);
  const present = packed >>> 24;
  const entries = {
    pte: (present & PTE_PRESENT.pte) === 0 ? undefined : a(view, base),
    pde: (present & PTE_PRESENT.pde) === 0 ? undefined : b(view, base),
    pdpte: (present & PTE_PRESENT.pdpte) === 0 ? undefined : c(view, base),
  };
  return { step, vcpu, kind: 'ptes', region: region(packed), page: page(packed), entries };
};

const endPage: Decoder = (view, base, step, vcpu) => {
  const packed = arg(view, base);
  const differing = unsigned(view, base + AT.b);
  const number = unsigned(view, base + AT.a);
  const name = WIRE_ENUMS.page_base[number];
  if (name === undefined) throw malformed(`there is no page base ${number}`);
  return { step, vcpu, kind: 'page', region: region(packed), page: page(packed), base: name, differing };
};

const DECODERS: Readonly<Record<WireName<'event'>, Decoder>> = {
  uffd,
  mmio: (view, base, step, vcpu) => {
    const packed = arg(view, base);
    const gpa = unsigned(view, base + AT.a);
    return { step, vcpu, kind: 'mmio', write: (packed & 0x100) !== 0, gpa, len: packed & 0xff, data: b(view, base) };
  },
  done: (view, base, step, vcpu) => {
    const rflags = unsigned(view, base + AT.c);
    return { step, vcpu, kind: 'done', rax: a(view, base), rdx: b(view, base), rflags };
  },
  lanes: (view, base, step, vcpu) => {
    const lanes = [a(view, base), b(view, base), c(view, base)] as const;
    return { step, vcpu, kind: 'lanes', first: arg(view, base), lanes };
  },
  registers: (view, base, step, vcpu) => {
    const rdi = signed(view, base + AT.a);
    const rsi = signed(view, base + AT.b);
    return { step, vcpu, kind: 'registers', rdi, rsi, rcx: unsigned(view, base + AT.c) };
  },
  exception,
  internal_error: (view, base, step, vcpu) => {
    const atLabel = unsigned(view, base + AT.c) !== 0;
    return { step, vcpu, kind: 'internal_error', suberror: arg(view, base), atLabel };
  },
  memory_fault: (view, base, step, vcpu) => {
    const gpa = unsigned(view, base + AT.b);
    return { step, vcpu, kind: 'memory_fault', errno: arg(view, base), flags: a(view, base), gpa };
  },
  ring_full: (_view, _base, step, vcpu) => ({ step, vcpu, kind: 'ring_full' }),
  run_error: (view, base, step, vcpu) => ({ step, vcpu, kind: 'run_error', errno: arg(view, base) }),
  shutdown: (_view, _base, step, vcpu) => ({ step, vcpu, kind: 'shutdown' }),
  other_exit: (view, base, step, vcpu) => ({ step, vcpu, kind: 'other_exit', reason: arg(view, base) }),
  sigbus: (view, base, step, vcpu) => {
    const packed = view.getUint32(base + AT.a, true);
    return { step, vcpu, kind: 'sigbus', region: region(packed), page: page(packed), code: arg(view, base) };
  },
  hang: (_view, _base, step, vcpu) => ({ step, vcpu, kind: 'hang' }),
  ptes,
  result: (view, base, step, vcpu) => {
    const packed = arg(view, base);
    const byDriver = (packed & BY_DRIVER) !== 0;
    return { step, vcpu, kind: 'result', errno: packed & ERRNO_MASK, byDriver, value: a(view, base) };
  },
  dirty_word: (view, base, step, vcpu) => {
    const index = unsigned(view, base + AT.a);
    return { step, vcpu, kind: 'dirty_word', region: region(arg(view, base)), index, bits: b(view, base) };
  },
  ring_entry: (view, base, step, vcpu) => {
    const entryPage = unsigned(view, base + AT.a);
    return { step, vcpu, kind: 'ring_entry', region: region(arg(view, base)), page: entryPage };
  },
  withdrawn: (view, base, step, vcpu) => ({
    step,
    vcpu,
    kind: 'withdrawn',
    region: region(arg(view, base)),
    stuck: view.getUint32(base + AT.a, true) !== 0,
  }),
  page: endPage,
  page_word: (view, base, step, vcpu) => {
    const packed = arg(view, base);
    const offset = unsigned(view, base + AT.a);
    return { step, vcpu, kind: 'page_word', region: region(packed), page: page(packed), offset, value: b(view, base) };
  },
  child: (view, base, step, vcpu) => ({ step, vcpu, kind: 'child', changed: arg(view, base) !== 0 }),
};
const BY_NUMBER: readonly Decoder[] = WIRE_ENUMS.event.map((name) => DECODERS[name]);

function actor(number: number): Actor {
  if (number === 0 || number === 1) return number;
  if (number === 0xff) return 'host';
  throw malformed(`there is no vCPU ${number}`);
}

/** Reads the event record that starts at `base`. */
export function getEvent(view: DataView, base: number): Observed {
  const kind = view.getUint8(base + AT.kind);
  const decoder = BY_NUMBER[kind];
  if (decoder === undefined) throw malformed(`there is no event kind ${kind}`);
  return decoder(view, base, view.getUint16(base + AT.step, true), actor(view.getUint8(base + AT.vcpu)));
}
