/** Scenarios of the uffd family in words: what reports group by and people read. */
import type { Mismatch } from '../../oracle/verdict.js';
import { endsProtected, firstDroppedWp } from '../../scenario/uffd/droppedWp.js';
import { CHILD } from '../../scenario/uffd/fork.js';
import type { UffdApi, UffdIoctl, UffdScenario, UffdStep } from '../../scenario/uffd.js';

function featuresWords(features: readonly string[]): string {
  return features.length === 0 ? '' : ` with ${[...features].sort().join('+')}`;
}

/** Coarse configuration: memory, and the features that were asked for. */
export function configurationWords({ config }: UffdScenario): string {
  return `${config.memory}${featuresWords(config.features)}`;
}

function modeWords({ mode }: UffdIoctl): string {
  return mode.length === 0 ? '' : ` ${[...mode].sort().join('+')}`;
}

function descriptorWords({ descriptor = 'own' }: UffdIoctl): string {
  return descriptor === 'own' ? '' : ` by the child's descriptor`;
}

/** What is wrong beside the range. */
function spoilWords(step: UffdIoctl | UffdApi): string {
  const source = 'sourceFlaw' in step ? `, source ${step.sourceFlaw}` : '';
  const caller = 'unprivileged' in step ? ', without CAP_SYS_PTRACE' : '';
  return `${source}${caller}${step.argument === undefined ? '' : `, argument ${step.argument}`}`;
}

/** A step without its numbers. */
export function stepShape(step: UffdStep | undefined): string {
  if (step === undefined) return 'end';
  switch (step.kind) {
    case 'access':
      return `${step.op}${step.by === 'kernel' ? ' by the kernel' : ''}${step.thread === CHILD ? ' of the child' : ''}`;
    case 'ioctl': {
      const flaw = step.range.flaw === 'none' ? '' : ` ${step.range.flaw}`;
      return `${step.ioctl}${modeWords(step)}${flaw}${descriptorWords(step)}${spoilWords(step)}`;
    }
    case 'api':
      return `handshake ${step.fresh ? 'anew' : 'again'}${spoilWords(step)}`;
    case 'pagemap':
      return 'pagemap';
    case 'advise':
      return `${step.advice}${step.hold ? ' held' : ''}${step.range.flaw === 'none' ? '' : ` ${step.range.flaw}`}`;
    case 'fork':
    case 'exit':
      return step.kind;
  }
}

/** What signatures group by: the step, the memory, and whether a protection may have been left behind by then, or is there at the end. */
export function shapeWords(scenario: UffdScenario, mismatch: Mismatch | undefined): string {
  const step = mismatch === undefined ? undefined : scenario.steps[mismatch.step];
  const dropped = firstDroppedWp(scenario);
  const after = mismatch !== undefined && dropped !== undefined && dropped <= mismatch.step;
  const where = `${stepShape(step)} on ${scenario.config.memory}`;
  if (after) return `${where} after WP was dropped`;
  return step === undefined && endsProtected(scenario) ? `${where} with a protected page` : where;
}

function rangeText({ page, pages, flaw }: UffdIoctl['range']): string {
  const pagesText = pages === 1 ? `[${page}]` : `[${page}..${page + pages - 1}]`;
  return flaw === 'none' ? pagesText : `${pagesText} (${flaw})`;
}

/** A step with its numbers, one line. */
export function stepText(step: UffdStep): string {
  switch (step.kind) {
    case 'access': {
      const value = step.op === 'write' ? `, value ${step.value}` : '';
      return `${step.thread === CHILD ? 'the child' : `thread ${step.thread}`}: ${step.op}${step.by === 'kernel' ? ' by the kernel' : ''} [${step.page}], word ${step.word}${value}`;
    }
    case 'ioctl': {
      const source =
        step.ioctl === 'copy'
          ? ` from fill ${'ab'[step.source] ?? ''}`
          : step.ioctl === 'move'
            ? ` from [${step.source}]`
            : '';
      return `UFFDIO_${step.ioctl.toUpperCase()} ${rangeText(step.range)}${modeWords(step)}${source}${descriptorWords(step)}${spoilWords(step)}`;
    }
    case 'api': {
      const unknown = step.unknownFeature ? ' and an unknown feature' : '';
      const asked = step.features.length === 0 ? 'no features' : step.features.join(', ');
      return `UFFDIO_API ${step.fresh ? 'on a new descriptor' : 'again'}, ${step.version} version, ${asked}${unknown}${spoilWords(step)}`;
    }
    case 'pagemap':
      return `pagemap of ${rangeText(step.range)}`;
    case 'advise':
      return `thread ${step.thread}: MADV_${step.advice.toUpperCase()} ${rangeText(step.range)}${step.hold ? ', its event is read late' : ''}`;
    case 'fork':
      return 'the process forks';
    case 'exit':
      return 'the child ends';
  }
}
