import { textOfBytes } from '../../util/text.js';
import { WIRE_ENUMS, WIRE_MAGIC, WIRE_STRUCTS, WIRE_VERSION, wireOffsets } from './spec.js';
import { EVENT_SIZE, malformed } from './stage2/events.js';

const AT = wireOffsets('response');
const DETAIL_SIZE = WIRE_STRUCTS.response.find(([name]) => name === 'detail')?.[2] ?? 0;

/** What every family's response begins with. */
export interface ResponseHead {
  readonly status: (typeof WIRE_ENUMS.status)[number];
  readonly detail: string;
  readonly reused: boolean;
}

function getDetail(response: Uint8Array): string {
  const bytes = response.subarray(AT.detail, AT.detail + DETAIL_SIZE);
  return bytes[0] === 0 ? '' : textOfBytes(bytes);
}

/**
 * Reads a response frame of the native driver, its events with `getEvent`.
 *
 * @param response exactly the bytes that the driver wrote.
 * @throws an Error that starts with `HARNESS:` when the frame is not one that the contract allows.
 */
export function decodeResponse<E>(
  response: Uint8Array,
  getEvent: (view: DataView, base: number) => E,
): ResponseHead & { readonly events: E[] } {
  const size = response.byteLength;
  if (size < AT.size) throw malformed(`${size} bytes are less than a header of ${AT.size}`);
  const view = new DataView(response.buffer, response.byteOffset, size);
  const magic = view.getUint32(AT.magic, true);
  if (magic !== WIRE_MAGIC) throw malformed(`magic 0x${magic.toString(16)} instead of 0x${WIRE_MAGIC.toString(16)}`);
  const version = view.getUint16(AT.version, true);
  if (version !== WIRE_VERSION) throw malformed(`version ${version} instead of ${WIRE_VERSION}`);
  const statusNumber = view.getUint8(AT.status);
  const status = WIRE_ENUMS.status[statusNumber];
  if (status === undefined) throw malformed(`there is no status ${statusNumber}`);
  const stated = view.getUint32(AT.size_bytes, true);
  if (stated !== size) throw malformed(`the frame says ${stated} bytes and has ${size}`);
  const count = view.getUint32(AT.event_count, true);
  if (AT.size + count * EVENT_SIZE !== size) throw malformed(`${count} events do not fill ${size} bytes`);

  const events: E[] = [];
  for (let base = AT.size; base < size; base += EVENT_SIZE) events.push(getEvent(view, base));
  return { status, detail: getDetail(response), reused: view.getUint8(AT.reused) !== 0, events };
}
