import { toHex64 } from '../../../src/scenario/hex.js';
import type { Arch } from '../../../src/scenario/stage2/arch.js';
import type {
  Access,
  ArmConfig,
  DataRegion,
  Peer,
  PtRegion,
  SlotFlags,
  Stage2Config,
  Step,
  Uffd,
  X86Config,
} from '../../../src/scenario/stage2.js';
import { WIRE_BITS, WIRE_ENUMS, wireLayout, type WireStruct } from '../../../src/driver/wire/spec.js';

/** Reads a request back the slow and obvious way, field by field as the specification lays them out. */

type Fields = Readonly<Record<string, readonly bigint[]>>;

/** Enumerations whose numbers mean what the request's architecture makes of them. */
const NAMES = {
  x86_64: { op: 'op', level: 'pte_level', flag: 'pte_flag' },
  aarch64: { op: 'op_aarch64', level: 'pte_level_aarch64', flag: 'pte_flag_aarch64' },
} as const;

export function readStruct(bytes: Uint8Array, base: number, struct: WireStruct): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = {
    u8: (at: number) => BigInt(view.getUint8(at)),
    u16: (at: number) => BigInt(view.getUint16(at, true)),
    u32: (at: number) => BigInt(view.getUint32(at, true)),
    u64: (at: number) => view.getBigUint64(at, true),
  };
  const size = { u8: 1, u16: 2, u32: 4, u64: 8 };
  return Object.fromEntries(
    wireLayout(struct).fields.map(({ name, type, length, offset }) => [
      name,
      Array.from({ length }, (_, i) => read[type](base + offset + i * size[type])),
    ]),
  );
}

export function numberOf(fields: Fields, name: string): number {
  return Number(fields[name]?.[0] ?? NaN);
}

function nameOf(fields: Fields, field: string, enumeration: keyof typeof WIRE_ENUMS): string {
  return WIRE_ENUMS[enumeration][numberOf(fields, field)] ?? 'out of range';
}

const hexOf = (fields: Fields, name: string, i = 0): string => toHex64(fields[name]?.[i] ?? 0n);
const bit = (fields: Fields, name: string, mask: number): boolean => (numberOf(fields, name) & mask) !== 0;

function readFlags(fields: Fields): SlotFlags {
  const { log, readonly } = WIRE_BITS.slot;
  return { log: bit(fields, 'slot_flags', log), readonly: bit(fields, 'slot_flags', readonly) };
}

function readUffd(fields: Fields): Uffd | null {
  if (numberOf(fields, 'uffd_modes') === 0) return null;
  const { missing, minor, wp } = WIRE_BITS.uffd_mode;
  return {
    missing: bit(fields, 'uffd_modes', missing),
    minor: bit(fields, 'uffd_modes', minor),
    wp: bit(fields, 'uffd_modes', wp),
    missingAnswers: Array.from(
      { length: numberOf(fields, 'missing_count') },
      (_, i) => WIRE_ENUMS.missing_answer[Number(fields['missing_answers']?.[i])] ?? 'none',
    ),
    minorAnswer: nameOf(fields, 'minor_answer', 'minor_answer') as Uffd['minorAnswer'],
    wpAnswer: nameOf(fields, 'wp_answer', 'wp_answer') as Uffd['wpAnswer'],
    delayUs: numberOf(fields, 'delay_us'),
  };
}

function readPt(fields: Fields): PtRegion {
  const backing = nameOf(fields, 'backing', 'backing') as PtRegion['backing'];
  return { backing, flags: readFlags(fields), uffd: readUffd(fields) };
}

function readData(fields: Fields): DataRegion {
  return { ...readPt(fields), pages: numberOf(fields, 'pages'), offsetPages: numberOf(fields, 'offset_pages') };
}

function readAccess(fields: Fields, arch: Arch): Access {
  const peerRegion = nameOf(fields, 'peer_region', 'region');
  const page = numberOf(fields, 'peer_page');
  const peer = { region: peerRegion, page, offset: numberOf(fields, 'peer_offset') };
  return {
    kind: 'access',
    op: nameOf(fields, 'op', NAMES[arch].op) as Access['op'],
    width: numberOf(fields, 'width') as Access['width'],
    vcpu: numberOf(fields, 'vcpu') as 0 | 1,
    region: nameOf(fields, 'region', 'region') as Access['region'],
    page: numberOf(fields, 'page'),
    offset: numberOf(fields, 'offset'),
    value: hexOf(fields, 'value'),
    comparand: nameOf(fields, 'comparand', 'comparand') as Access['comparand'],
    count: numberOf(fields, 'count'),
    sweep: numberOf(fields, 'pages'),
    peer: (peerRegion === 'scratch' ? { region: 'scratch' } : peer) as Peer,
  };
}

function readStep(fields: Fields, arch: Arch): Step {
  const name = nameOf(fields, 'kind', 'step');
  if (name === 'access') return readAccess(fields, arch);
  const region = nameOf(fields, 'region', 'region');
  const page = numberOf(fields, 'page');
  const pages = numberOf(fields, 'pages');
  const offset = numberOf(fields, 'offset');
  const set = bit(fields, 'flags', WIRE_BITS.step.set);
  const rest: Record<string, object> = {
    hole: { kind: 'hole', region, page, pages, how: nameOf(fields, 'hole_method', 'hole_method') },
    pte: {
      kind: 'pte',
      region,
      page,
      level: nameOf(fields, 'pte_level', NAMES[arch].level),
      flag: nameOf(fields, 'pte_flag', NAMES[arch].flag),
      set,
      by: nameOf(fields, 'actor', 'actor'),
      vcpu: numberOf(fields, 'vcpu'),
      flush: bit(fields, 'flags', WIRE_BITS.step.flush),
    },
    memslot_log: { kind: 'memslot', action: 'log', region, on: set },
    memslot_replace: { kind: 'memslot', action: 'replace', region, flags: readFlags(fields) },
    memslot_delete: { kind: 'memslot', action: 'delete', region },
    memslot_create: { kind: 'memslot', action: 'create', region, flags: readFlags(fields) },
    memslot_move: { kind: 'memslot', action: 'move', region, to: numberOf(fields, 'away') === 1 ? 'away' : 'home' },
    dirty_get: { kind: 'dirtyLog', action: 'get', region },
    dirty_clear: { kind: 'dirtyLog', action: 'clear', region, page, pages },
    dirty_harvest: { kind: 'dirtyLog', action: 'harvest' },
    dirty_reset: { kind: 'dirtyLog', action: 'reset' },
    host_read: { kind: 'host', action: 'read', region, page, offset },
    host_write: { kind: 'host', action: 'write', region, page, offset, value: hexOf(fields, 'value') },
    host_mprotect: { kind: 'host', action: 'mprotect', region, page, pages, prot: nameOf(fields, 'prot', 'prot') },
    host_fork: { kind: 'host', action: 'fork' },
    host_release: { kind: 'host', action: 'release' },
    uffd_register: { kind: 'uffd', action: 'register', region, uffd: readUffd(fields) },
    uffd_unregister: { kind: 'uffd', action: 'unregister', region },
    uffd_protect: { kind: 'uffd', action: 'protect', region, page, pages },
    uffd_unprotect: { kind: 'uffd', action: 'unprotect', region, page, pages },
    uffd_answers: { kind: 'uffd', action: 'answers', region, uffd: readUffd(fields) },
  };
  return rest[name] as Step;
}

function readSteps(bytes: Uint8Array, base: number, arch: Arch): Step[] {
  const size = wireLayout('step').sizeBytes;
  const steps: Step[] = [];
  let first: Access | undefined;
  for (let at = base; at < bytes.length; at += size) {
    const fields = readStruct(bytes, at, 'step');
    const step = readStep(fields, arch);
    if (first !== undefined && step.kind === 'access') {
      steps.push({ kind: 'race', a: first, b: step });
      first = undefined;
    } else if (step.kind === 'access' && bit(fields, 'flags', WIRE_BITS.step.race_with_next)) first = step;
    else steps.push(step);
  }
  return steps;
}

function readX86(header: Fields): Pick<X86Config, 'initial'> {
  const initial = WIRE_BITS.initial;
  return {
    initial: {
      pteA: bit(header, 'initial', initial.pte_a),
      pdeA: bit(header, 'initial', initial.pde_a),
      pdpteA: bit(header, 'initial', initial.pdpte_a),
      pteD: bit(header, 'initial', initial.pte_d),
    },
  };
}

function readArm(header: Fields): Pick<ArmConfig, 'granule' | 'ha' | 'hd' | 'initial'> {
  const initial = WIRE_BITS.initial_aarch64;
  return {
    granule: nameOf(header, 'granule', 'granule') as ArmConfig['granule'],
    ha: bit(header, 'paging', WIRE_BITS.paging.ha),
    hd: bit(header, 'paging', WIRE_BITS.paging.hd),
    initial: {
      af: bit(header, 'initial', initial.af),
      dbm: bit(header, 'initial', initial.dbm),
      writable: bit(header, 'initial', initial.writable),
    },
  };
}

export function readRequest(bytes: Uint8Array): { header: Fields; config: Stage2Config; steps: Step[] } {
  const header = readStruct(bytes, 0, 'request');
  const regions = wireLayout('request').sizeBytes;
  const regionSize = wireLayout('region').sizeBytes;
  const region = (i: number): Fields => readStruct(bytes, regions + i * regionSize, 'region');
  const arch = nameOf(header, 'arch', 'arch') as Arch;
  const common = {
    privilege: nameOf(header, 'privilege', 'privilege') as Stage2Config['privilege'],
    vcpus: numberOf(header, 'vcpus') as 1 | 2,
    dirtyTracking: nameOf(header, 'dirty_tracking', 'dirty_tracking') as Stage2Config['dirtyTracking'],
    pt: readPt(region(0)),
    data: readData(region(1)),
    data2: bit(header, 'flags', WIRE_BITS.request.has_data2) ? readData(region(2)) : null,
    none: {
      pages: numberOf(header, 'none_pages'),
      reads: Array.from({ length: numberOf(header, 'read_count') }, (_, i) => hexOf(header, 'reads', i)),
    },
  };
  const config = arch === 'aarch64' ? { ...common, ...readArm(header) } : { ...common, ...readX86(header) };
  return { header, config, steps: readSteps(bytes, regions + 3 * regionSize, arch) };
}
