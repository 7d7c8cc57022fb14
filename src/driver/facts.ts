import type { Arch } from '../scenario/stage2/arch.js';
import { textOfBytes } from '../util/text.js';
import { WIRE_BITS, WIRE_ENUMS, WIRE_MAGIC, WIRE_VERSION, wireLayout, wireOffsets } from './wire/spec.js';

const AT = wireOffsets('facts');
const LAYOUT = wireLayout('facts');

type Cap = keyof typeof WIRE_BITS.cap;

/** What the driver can tell of the machine without running a guest. */
export interface Facts {
  /** Architecture that this driver executes. */
  readonly arch: Arch;
  /** errno of opening /dev/kvm, 0 when it works. */
  readonly kvmErrno: number;
  /** errno of getting a userfaultfd, 0 when it works. */
  readonly uffdErrno: number;
  readonly freeHugePages: number;
  /** Entries of a dirty ring, and how many of these KVM keeps free. */
  readonly ringEntries: number;
  readonly ringReserved: number;
  readonly kvmModule: string;
  readonly kernelRelease: string;
  readonly cpuVendor: string;
  readonly cpuModel: string;
  has(cap: Cap): boolean;
}

/**
 * Decodes the driver's `facts` frame.
 *
 * @throws {Error} starting with `HARNESS:` when it is none of this version.
 */
export function decodeFacts(frame: Uint8Array): Facts {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length !== AT.size || view.getUint32(AT.magic, true) !== WIRE_MAGIC)
    throw new Error('HARNESS: the driver reported facts in an unknown form');
  const version = view.getUint16(AT.version, true);
  if (version !== WIRE_VERSION) throw new Error(`HARNESS: the driver speaks version ${version}, not ${WIRE_VERSION}`);
  const text = (name: 'kvm_module' | 'release' | 'cpu_vendor' | 'cpu_model'): string => {
    const length = LAYOUT.fields.find((field) => field.name === name)?.length ?? 0;
    return textOfBytes(frame.subarray(AT[name], AT[name] + length)).trim();
  };
  const number = view.getUint8(AT.arch);
  const arch = WIRE_ENUMS.arch[number];
  if (arch === undefined) throw new Error(`HARNESS: the driver executes an unknown architecture, ${number}`);
  const caps = view.getBigUint64(AT.caps, true);
  return {
    arch,
    kvmErrno: view.getUint32(AT.kvm_errno, true),
    uffdErrno: view.getUint32(AT.uffd_errno, true),
    freeHugePages: view.getUint32(AT.free_huge_pages, true),
    ringEntries: view.getUint32(AT.ring_entries, true),
    ringReserved: view.getUint32(AT.ring_reserved, true),
    kvmModule: text('kvm_module'),
    kernelRelease: text('release'),
    cpuVendor: text('cpu_vendor'),
    cpuModel: text('cpu_model'),
    has: (cap) => (caps & BigInt(WIRE_BITS.cap[cap])) !== 0n,
  };
}
