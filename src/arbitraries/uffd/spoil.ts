/** Makes a step wrong in a way that no motif thinks of: its source, its argument, its caller, or a part of a huge page. */
import type { UffdApi, UffdIoctl, UffdStep } from '../../scenario/uffd.js';
import { BAD_ARGUMENTS, SOURCE_FLAWS } from '../../scenario/uffd/arguments.js';
import { MEMORY } from '../../scenario/uffd/memory.js';
import type { UffdDraft } from './draft.js';

const MOVE_SOURCES = ['unaligned', 'unmapped', 'wrap'] as const;

function spoilSource({ dice }: UffdDraft, step: UffdIoctl): UffdIoctl {
  if (step.ioctl === 'copy') return { ...step, sourceFlaw: dice.pick(SOURCE_FLAWS) };
  return step.ioctl === 'move' ? { ...step, sourceFlaw: dice.pick(MOVE_SOURCES) } : step;
}

function spoilRange({ dice }: UffdDraft, step: UffdIoctl): UffdIoctl {
  const flaw = step.ioctl === 'unregister' ? 'small_start' : dice.pick(['small_start', 'small_length'] as const);
  return { ...step, range: { ...step.range, flaw } };
}

function spoilIoctl(draft: UffdDraft, step: UffdIoctl): UffdIoctl {
  const { dice, config } = draft;
  if (MEMORY[config.memory].hugetlb && dice.percent(3)) return spoilRange(draft, step);
  if (dice.percent(5)) return spoilSource(draft, step);
  return dice.percent(1.5) ? { ...step, argument: dice.pick(BAD_ARGUMENTS) } : step;
}

function spoilApi({ dice }: UffdDraft, step: UffdApi): UffdApi {
  if (dice.percent(5)) return { ...step, argument: dice.pick(BAD_ARGUMENTS) };
  if (!step.fresh || !dice.percent(20)) return step;
  const features = step.features.filter((name) => name !== 'event_fork');
  return { ...step, unprivileged: true, features: dice.percent(80) ? ['event_fork', ...features] : features };
}

/** The step, or now and then one that is wrong. */
export function spoil(draft: UffdDraft, step: UffdStep): UffdStep {
  if (step.kind === 'ioctl') return spoilIoctl(draft, step);
  return step.kind === 'api' ? spoilApi(draft, step) : step;
}
