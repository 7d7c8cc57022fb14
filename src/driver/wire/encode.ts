import type { DataRegion, PtRegion, Stage2Config, Stage2Scenario } from '../../scenario/stage2.js';
import { ptPages } from '../../scenario/stage2/arch.js';
import { MAX_STEPS } from '../../scenario/stage2/layout.js';
import { Frames } from './frames.js';
import { wireNumbers } from './names.js';
import { WIRE_BITS, WIRE_MAGIC, WIRE_VERSION, wireOffsets } from './spec.js';
import { setHex64 } from './stage2/hex.js';
import { setStep, setUffd, slotFlagBits, STEP_SIZE, stepRecords } from './stage2/steps.js';

const AT = wireOffsets('request');
const REGION_AT = wireOffsets('region');
const FAMILY = wireNumbers('family');
const ARCH = wireNumbers('arch');
const PRIVILEGE = wireNumbers('privilege');
const GRANULE = wireNumbers('granule');
const BACKING = wireNumbers('backing');
const TRACKING = wireNumbers('dirty_tracking');
const PLANT: ReadonlyMap<string, number> = new Map(Object.entries(wireNumbers('plant')));

const STEPS_START = AT.size + 3 * REGION_AT.size;
const MAX_REQUEST = STEPS_START + 2 * MAX_STEPS * STEP_SIZE;

/** How long a userfaultfd message may stay unanswered before the driver withdraws the registration. */
export const DEFAULT_WITHDRAW_MS = 20;

/** How a request is to be executed, beside the scenario itself. */
export interface EncodeOptions {
  /** Build a virtual machine for this scenario only. */
  readonly freshVm: boolean;
  /** After this time the driver kicks the vCPUs and answers `hang`. */
  readonly deadlineMs: number;
  /** See {@link DEFAULT_WITHDRAW_MS}. */
  readonly withdrawMs?: number;
  /** Deliberate fault of the driver, a name of the wire enumeration `plant`. */
  readonly plant: string;
  /** Echoed in the response; unsigned, 64 bits. */
  readonly id: bigint;
}

function setRegion(
  view: DataView,
  base: number,
  region: PtRegion | DataRegion,
  pages: number,
  offsetPages: number,
): void {
  view.setUint8(base + REGION_AT.backing, BACKING[region.backing]);
  view.setUint8(base + REGION_AT.slot_flags, slotFlagBits(region.flags));
  view.setUint16(base + REGION_AT.pages, pages, true);
  view.setUint16(base + REGION_AT.offset_pages, offsetPages, true);
  if (region.uffd !== null) setUffd(view, base, REGION_AT, region.uffd);
}

/** The initial bits of the page tables' entries. */
function initialBits(config: Stage2Config): number {
  if ('granule' in config) {
    const { af, dbm, writable } = config.initial;
    const bits = WIRE_BITS.initial_aarch64;
    return (af ? bits.af : 0) | (dbm ? bits.dbm : 0) | (writable ? bits.writable : 0);
  }
  const { pteA, pdeA, pdpteA, pteD } = config.initial;
  const bits = WIRE_BITS.initial;
  return (pteA ? bits.pte_a : 0) | (pdeA ? bits.pde_a : 0) | (pdpteA ? bits.pdpte_a : 0) | (pteD ? bits.pte_d : 0);
}

function setConfig(view: DataView, base: number, { config }: Stage2Scenario): void {
  const { none, pt, data, data2 } = config;
  view.setUint8(base + AT.privilege, PRIVILEGE[config.privilege]);
  view.setUint8(base + AT.vcpus, config.vcpus);
  view.setUint8(base + AT.dirty_tracking, TRACKING[config.dirtyTracking]);
  view.setUint8(base + AT.initial, initialBits(config));
  if ('granule' in config) {
    view.setUint8(base + AT.granule, GRANULE[config.granule]);
    const { ha, hd } = WIRE_BITS.paging;
    view.setUint8(base + AT.paging, (config.ha ? ha : 0) | (config.hd ? hd : 0));
  }
  view.setUint8(base + AT.none_pages, none.pages);
  let count = 0;
  for (const read of none.reads) setHex64(view, base + AT.reads + 8 * count++, read);
  view.setUint8(base + AT.read_count, count);
  setRegion(view, base + AT.size, pt, ptPages(config), 0);
  setRegion(view, base + AT.size + REGION_AT.size, data, data.pages, data.offsetPages);
  if (data2 !== null) setRegion(view, base + AT.size + 2 * REGION_AT.size, data2, data2.pages, data2.offsetPages);
}

/**
 * Appends a scenario as a request frame for the native driver.
 *
 * @param scenario a valid scenario: nothing is checked here beyond what would corrupt the frame.
 */
export function appendStage2(scenario: Stage2Scenario, options: EncodeOptions, frames: Frames): void {
  const plant = PLANT.get(options.plant);
  if (plant === undefined) throw new Error(`HARNESS: there is no plant named ${options.plant}`);
  if (scenario.steps.length > MAX_STEPS) throw new Error(`HARNESS: a request holds at most ${MAX_STEPS} steps`);
  let records = 0;
  for (const step of scenario.steps) records += stepRecords(step);
  const size = STEPS_START + records * STEP_SIZE;
  const base = frames.append(size);
  const { view } = frames;

  view.setUint32(base + AT.magic, WIRE_MAGIC, true);
  view.setUint16(base + AT.version, WIRE_VERSION, true);
  view.setUint8(base + AT.family, FAMILY.stage2);
  view.setUint8(base + AT.arch, ARCH[scenario.arch]);
  view.setUint32(base + AT.size_bytes, size, true);
  view.setUint32(base + AT.deadline_ms, options.deadlineMs, true);
  view.setBigUint64(base + AT.id, options.id, true);
  view.setUint16(base + AT.step_count, records, true);
  const { fresh_vm: freshVm, has_data2: hasData2 } = WIRE_BITS.request;
  view.setUint8(base + AT.flags, (options.freshVm ? freshVm : 0) | (scenario.config.data2 === null ? 0 : hasData2));
  view.setUint8(base + AT.plant, plant);
  view.setUint32(base + AT.withdraw_ms, options.withdrawMs ?? DEFAULT_WITHDRAW_MS, true);
  setConfig(view, base, scenario);

  let at = base + STEPS_START;
  for (const step of scenario.steps) at = setStep(view, at, step);
}

/** {@link appendStage2} to a frame of its own. */
export function encodeStage2(scenario: Stage2Scenario, options: EncodeOptions): Uint8Array {
  const frames = new Frames(MAX_REQUEST);
  appendStage2(scenario, options, frames);
  return frames.from(0);
}
