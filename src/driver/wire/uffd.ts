import type { UffdRange, UffdScenario, UffdStep } from '../../scenario/uffd.js';
import { featureBits, UFFD_FEATURES, UNKNOWN_FEATURE } from '../../scenario/uffd/features.js';
import { modeBits } from '../../scenario/uffd/ioctls.js';
import { UFFD_MAX_STEPS } from '../../scenario/uffd/layout.js';
import type { EncodeOptions } from './encode.js';
import type { Frames } from './frames.js';
import { wireNumbers } from './names.js';
import { decodeResponse } from './response.js';
import { WIRE_BITS, WIRE_MAGIC, WIRE_VERSION, wireOffsets } from './spec.js';
import { setHex64 } from './stage2/hex.js';
import { getUffdEvent } from './uffd/events.js';
import type { UffdObservation } from './uffd/observation.js';

const AT = wireOffsets('uffd_request');
const STEP_AT = wireOffsets('uffd_step');
const FAMILY = wireNumbers('family');
const MEMORY = wireNumbers('uffd_memory');
const OPEN = wireNumbers('uffd_open');
const STATE = wireNumbers('uffd_page_state');
const ADVICE = wireNumbers('uffd_advice');
const FLAW = wireNumbers('uffd_flaw');
const IOCTL = wireNumbers('uffd_ioctl');
const SOURCE = wireNumbers('uffd_source');
const ARGUMENT = wireNumbers('uffd_argument');
const STEP = wireNumbers('uffd_step_kind');
const DESCRIPTOR = wireNumbers('uffd_descriptor');
const PLANT: ReadonlyMap<string, number> = new Map(Object.entries(wireNumbers('plant')));

/** UFFD_API, and a number that is no version of it. */
const API = { known: 0xaa, unknown: 0xab } as const;

function setRange(view: DataView, at: number, { page, pages, flaw }: UffdRange): void {
  view.setUint8(at + STEP_AT.flaw, FLAW[flaw]);
  view.setUint16(at + STEP_AT.page, page, true);
  view.setUint16(at + STEP_AT.pages, pages, true);
}

function setStep(view: DataView, at: number, step: UffdStep): void {
  const set = (
    name: 'kind' | 'thread' | 'ioctl' | 'advice' | 'descriptor' | 'source_flaw' | 'argument',
    value: number,
  ): void => {
    view.setUint8(at + STEP_AT[name], value);
  };
  view.setUint16(at + STEP_AT.pages, 1, true);
  switch (step.kind) {
    case 'access':
      set('kind', step.by === 'kernel' ? STEP[`kernel_${step.op}`] : STEP[step.op]);
      set('thread', step.thread);
      view.setUint16(at + STEP_AT.page, step.page, true);
      view.setUint16(at + STEP_AT.word, step.word, true);
      setHex64(view, at + STEP_AT.value, step.value);
      return;
    case 'ioctl':
      set('kind', STEP.ioctl);
      set('ioctl', IOCTL[step.ioctl]);
      set('descriptor', DESCRIPTOR[step.descriptor ?? 'own']);
      setRange(view, at, step.range);
      set('source_flaw', SOURCE[step.sourceFlaw ?? 'sound']);
      set('argument', ARGUMENT[step.argument ?? 'sound']);
      view.setUint16(at + STEP_AT.source, step.source, true);
      view.setBigUint64(at + STEP_AT.mode, BigInt(modeBits(step.ioctl, step.mode)), true);
      return;
    case 'api': {
      set('kind', step.unprivileged ? STEP.api_unprivileged : step.fresh ? STEP.api_fresh : STEP.api);
      set('argument', ARGUMENT[step.argument ?? 'sound']);
      const bits = featureBits(step.features) | (step.unknownFeature ? UNKNOWN_FEATURE : 0);
      view.setBigUint64(at + STEP_AT.mode, BigInt(bits), true);
      view.setBigUint64(at + STEP_AT.value, BigInt(API[step.version]), true);
      return;
    }
    case 'pagemap':
      set('kind', STEP.pagemap);
      setRange(view, at, step.range);
      return;
    case 'advise':
      set('kind', STEP.advise);
      set('thread', step.thread);
      set('advice', ADVICE[step.advice]);
      view.setBigUint64(at + STEP_AT.mode, step.hold ? 1n : 0n, true);
      setRange(view, at, step.range);
      return;
    case 'fork':
    case 'exit':
      set('kind', STEP[step.kind]);
      return;
  }
}

/**
 * Appends a scenario of the uffd family as a request frame for the native driver.
 *
 * @param scenario a valid scenario: nothing is checked here beyond what would corrupt the frame.
 */
export function appendUffd({ config, steps }: UffdScenario, options: EncodeOptions, frames: Frames): void {
  const plant = PLANT.get(options.plant);
  if (plant === undefined) throw new Error(`HARNESS: there is no plant named ${options.plant}`);
  if (steps.length > UFFD_MAX_STEPS) throw new Error(`HARNESS: a request holds at most ${UFFD_MAX_STEPS} steps`);
  const size = AT.size + steps.length * STEP_AT.size;
  const base = frames.append(size);
  const { view } = frames;
  view.setUint32(base + AT.magic, WIRE_MAGIC, true);
  view.setUint16(base + AT.version, WIRE_VERSION, true);
  view.setUint8(base + AT.family, FAMILY.uffd);
  view.setUint32(base + AT.size_bytes, size, true);
  view.setUint32(base + AT.deadline_ms, options.deadlineMs, true);
  view.setBigUint64(base + AT.id, options.id, true);
  view.setUint16(base + AT.step_count, steps.length, true);
  view.setUint8(base + AT.flags, options.freshVm ? WIRE_BITS.request.fresh_vm : 0);
  view.setUint8(base + AT.plant, plant);
  view.setUint8(base + AT.memory, MEMORY[config.memory]);
  view.setUint8(base + AT.open, OPEN[config.open]);
  view.setUint8(base + AT.pages, config.content.length);
  view.setBigUint64(base + AT.features, BigInt(featureBits(config.features) | UFFD_FEATURES.thread_id), true);
  config.content.forEach((state, page) => {
    view.setUint8(base + AT.content + page, STATE[state]);
  });
  steps.forEach((step, i) => {
    setStep(view, base + AT.size + i * STEP_AT.size, step);
  });
}

/**
 * Reads a response frame of the uffd family.
 *
 * @throws an Error that starts with `HARNESS:` when the frame is not one that the contract allows.
 */
export function decodeUffd(response: Uint8Array): UffdObservation {
  return decodeResponse(response, getUffdEvent);
}
