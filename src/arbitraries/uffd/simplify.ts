import { CHILD } from '../../scenario/uffd/fork.js';
import type { UffdAccess, UffdApi, UffdIoctl, UffdRange, UffdScenario, UffdStep } from '../../scenario/uffd.js';
import { isValidUffd } from '../../scenario/uffd/constraints.js';
import { MEMORY_KINDS } from '../../scenario/uffd/memory.js';
import { ADVICE, FLAWS } from '../../scenario/uffd/steps.js';
import { OPENS, PAGE_STATES } from '../../scenario/uffd.js';
import { fewerSteps } from '../fewerSteps.js';

const STEP = 1e6;

function rangeCost({ page, pages, flaw }: UffdRange): number {
  return page * 10 + pages * 100 + FLAWS.indexOf(flaw) * 10;
}

function spoilCost(step: UffdIoctl | UffdApi): number {
  const source = 'sourceFlaw' in step ? 30 : 0;
  const caller = 'unprivileged' in step ? 30 : 0;
  return source + caller + (step.argument === undefined ? 0 : 30);
}

/** The step without what is wrong beside its range. */
function* sounder(step: UffdIoctl | UffdApi): Generator<UffdStep> {
  const sound = { ...step };
  delete sound.argument;
  if ('sourceFlaw' in sound) delete sound.sourceFlaw;
  if ('unprivileged' in sound) delete sound.unprivileged;
  if (Object.keys(sound).length < Object.keys(step).length) yield sound;
}

function stepCost(step: UffdStep): number {
  switch (step.kind) {
    case 'access':
      return (
        step.thread * 1000 +
        step.page * 10 +
        step.word +
        step.value.length +
        (step.op === 'write' ? 5 : 0) +
        (step.by === undefined ? 0 : 300)
      );
    case 'ioctl':
      return (
        rangeCost(step.range) +
        step.mode.length * 50 +
        step.source +
        (step.descriptor === undefined ? 0 : 500) +
        spoilCost(step)
      );
    case 'fork':
    case 'exit':
      return 0;
    case 'api':
      return (
        spoilCost(step) +
        step.features.length * 10 +
        (step.unknownFeature ? 5 : 0) +
        (step.version === 'unknown' ? 5 : 0)
      );
    case 'pagemap':
      return rangeCost(step.range);
    case 'advise':
      return rangeCost(step.range) + step.thread * 1000 + ADVICE.indexOf(step.advice) + (step.hold ? 50 : 0);
  }
}

/** What every move of the reducer makes smaller. */
export function uffdComplexity({ config, steps }: UffdScenario): number {
  const pages = config.content.reduce((sum, state) => sum + 1000 + PAGE_STATES.indexOf(state), 0);
  const rest =
    MEMORY_KINDS.indexOf(config.memory) * 100 + config.features.length * 20 + OPENS.indexOf(config.open) * 10;
  return steps.reduce((sum, step) => sum + STEP + stepCost(step), pages + rest);
}

function* simplerRanges(range: UffdRange): Generator<UffdRange> {
  if (range.flaw !== 'none') yield { ...range, flaw: 'none' };
  if (range.pages > 1) yield { ...range, pages: 1 };
  if (range.pages > 1) yield { ...range, page: range.page + 1, pages: range.pages - 1 };
  if (range.pages > 1) yield { ...range, pages: range.pages - 1 };
  if (range.page > 0) yield { ...range, page: 0 };
}

function* simplerSteps(step: UffdStep): Generator<UffdStep> {
  switch (step.kind) {
    case 'access':
      if (step.by !== undefined) yield byItself(step);
      if (step.thread > 0 || step.word > 0) yield { ...step, thread: 0, word: 0 };
      if (step.word > step.thread) yield { ...step, word: step.thread };
      if (step.page > 0) yield { ...step, page: 0 };
      if (step.op === 'write') yield { ...step, op: 'read', value: '0x0' };
      if (step.op === 'write' && step.value !== '0x1') yield { ...step, value: '0x1' };
      return;
    case 'ioctl':
      yield* sounder(step);
      for (const mode of step.mode) yield { ...step, mode: step.mode.filter((other) => other !== mode) };
      for (const range of simplerRanges(step.range)) yield { ...step, range };
      if (step.source > 0) yield { ...step, source: 0 };
      if (step.descriptor !== undefined) yield onOwn(step);
      return;
    case 'api':
      yield* sounder(step);
      if (step.features.length > 0) yield { ...step, features: [] };
      if (step.unknownFeature) yield { ...step, unknownFeature: false };
      if (step.version === 'unknown') yield { ...step, version: 'known' };
      return;
    case 'pagemap':
      for (const range of simplerRanges(step.range)) yield { ...step, range };
      return;
    case 'advise':
      if (step.thread > 0) yield { ...step, thread: 0 };
      for (const range of simplerRanges(step.range)) yield { ...step, range };
      if (step.hold) yield { ...step, hold: false };
      if (step.advice === 'populate_write') yield { ...step, advice: 'populate_read' };
      return;
    case 'fork':
    case 'exit':
      return;
  }
}

function byItself({ kind, thread, op, page, word, value }: UffdAccess): UffdAccess {
  return { kind, thread, op, page, word, value };
}

function onOwn({ kind, ioctl, range, mode, source }: UffdIoctl): UffdIoctl {
  return { kind, ioctl, range, mode, source };
}

/** The process does by itself what its child did. */
function withoutChild({ steps, ...rest }: UffdScenario): UffdScenario {
  const own = steps.flatMap((step): UffdStep[] => {
    if (step.kind === 'fork' || step.kind === 'exit') return [];
    if (step.kind === 'access' && step.thread === CHILD) return [{ ...step, thread: 0, word: 0 }];
    return [step.kind === 'ioctl' ? onOwn(step) : step];
  });
  return { ...rest, steps: own };
}

/** The scenario without one page, and the steps moved down accordingly. */
function withoutPage({ config, steps, ...head }: UffdScenario, gone: number): UffdScenario {
  const down = (page: number): number => (page > gone ? page - 1 : page);
  const moved = steps.map((step): UffdStep => {
    if (step.kind === 'access') return { ...step, page: down(step.page) };
    if (step.kind !== 'ioctl' && step.kind !== 'advise' && step.kind !== 'pagemap') return step;
    const { page, pages, flaw } = step.range;
    const covers = page <= gone && gone < page + pages;
    const range = { page: down(page), pages: covers && pages > 1 ? pages - 1 : pages, flaw };
    if (step.kind !== 'ioctl') return { ...step, range };
    return { ...step, source: step.ioctl === 'move' ? down(step.source) : step.source, range };
  });
  return { ...head, config: { ...config, content: config.content.toSpliced(gone, 1) }, steps: moved };
}

function* candidates(scenario: UffdScenario): Generator<UffdScenario> {
  const { config, steps } = scenario;
  yield withoutChild(scenario);
  for (const fewer of fewerSteps(steps)) yield { ...scenario, steps: fewer };
  for (let page = config.content.length - 1; page >= 0; page--) yield withoutPage(scenario, page);
  for (const memory of MEMORY_KINDS) yield { ...scenario, config: { ...config, memory } };
  if (config.open !== 'syscall') yield { ...scenario, config: { ...config, open: 'syscall' } };
  for (const feature of config.features) {
    yield { ...scenario, config: { ...config, features: config.features.filter((other) => other !== feature) } };
  }
  for (const [i, state] of config.content.entries()) {
    if (state !== 'hole') yield { ...scenario, config: { ...config, content: config.content.with(i, 'hole') } };
  }
  for (const [i, step] of steps.entries()) {
    for (const simpler of simplerSteps(step)) yield { ...scenario, steps: steps.with(i, simpler) };
  }
}

/** The moves of the reducer: each is valid and less complex, the boldest come first. */
export function* simplifyUffd(scenario: UffdScenario): Generator<UffdScenario, void, undefined> {
  const limit = uffdComplexity(scenario);
  for (const candidate of candidates(scenario)) {
    if (uffdComplexity(candidate) < limit && candidate.config.content.length > 0 && isValidUffd(candidate))
      yield candidate;
  }
}
