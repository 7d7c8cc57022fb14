import { WIRE_ENUMS, WIRE_MAGIC, WIRE_VERSION, wireOffsets } from '../../../src/driver/wire/spec.js';

const HEADER = wireOffsets('response');
const EVENT = wireOffsets('event');

/** An event record; what is left out is zero. */
export interface RawEvent {
  step?: number;
  kind: (typeof WIRE_ENUMS.event)[number] | number;
  vcpu?: number;
  arg?: number;
  a?: bigint;
  b?: bigint;
  c?: bigint;
}

interface RawHeader {
  magic?: number;
  version?: number;
  status?: number;
  reused?: number;
  size?: number;
  count?: number;
  id?: bigint;
  detail?: string;
}

/** A response frame as the driver writes it, or as it should not. */
export function frame(header: RawHeader, events: readonly RawEvent[]): Uint8Array {
  const bytes = new Uint8Array(HEADER.size + events.length * EVENT.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(HEADER.magic, header.magic ?? WIRE_MAGIC, true);
  view.setUint16(HEADER.version, header.version ?? WIRE_VERSION, true);
  view.setUint8(HEADER.status, header.status ?? 0);
  view.setUint8(HEADER.reused, header.reused ?? 0);
  view.setUint32(HEADER.size_bytes, header.size ?? bytes.length, true);
  view.setUint32(HEADER.event_count, header.count ?? events.length, true);
  view.setBigUint64(HEADER.id, header.id ?? 0n, true);
  bytes.set(new TextEncoder().encode(header.detail ?? ''), HEADER.detail);
  events.forEach((event, i) => {
    const base = HEADER.size + i * EVENT.size;
    view.setUint16(base + EVENT.step, event.step ?? 0, true);
    view.setUint8(
      base + EVENT.kind,
      typeof event.kind === 'number' ? event.kind : WIRE_ENUMS.event.indexOf(event.kind),
    );
    view.setUint8(base + EVENT.vcpu, event.vcpu ?? 0);
    view.setUint32(base + EVENT.arg, event.arg ?? 0, true);
    view.setBigUint64(base + EVENT.a, event.a ?? 0n, true);
    view.setBigUint64(base + EVENT.b, event.b ?? 0n, true);
    view.setBigUint64(base + EVENT.c, event.c ?? 0n, true);
  });
  return bytes;
}
