import { childProblems } from './childProblems.js';
import { UFFD_WRITERS } from './layout.js';
import { MEMORY, MAX_HUGE_PAGES } from './memory.js';
import { modeBit } from './ioctls.js';
import type { UffdConfig, UffdScenario } from '../uffd.js';
import type { UffdProblem } from './problem.js';
import { LET_GO } from './steps.js';
import type { Flaw, UffdAccess, UffdAdvise, UffdIoctl, UffdRange, UffdStep } from './steps.js';

export type { UffdProblem } from './problem.js';

function configProblem({ memory, content, features }: UffdConfig): UffdProblem | undefined {
  const { file, hugetlb } = MEMORY[memory];
  const cached = content.indexOf('cached');
  if (cached >= 0 && !file) {
    return { path: `.content[${cached}]`, problem: 'anonymous memory has no page cache' };
  }
  if (hugetlb && content.length > MAX_HUGE_PAGES) {
    return { path: '.content', problem: `at most ${MAX_HUGE_PAGES} huge pages` };
  }
  return new Set(features).size === features.length
    ? undefined
    : { path: '.features', problem: 'names a feature twice' };
}

function accessProblem(access: UffdAccess, pages: number): UffdProblem | undefined {
  if (access.page >= pages) return { path: '.page', problem: `the memory has only ${pages} pages` };
  if (access.op === 'read' && access.value !== '0x0') return { path: '.value', problem: 'must be 0x0 for a read' };
  if (access.op === 'write' && access.word % UFFD_WRITERS !== access.thread) {
    return {
      path: '.word',
      problem: `thread ${access.thread} writes words that leave ${access.thread} over ${UFFD_WRITERS}`,
    };
  }
  return undefined;
}

function rangeProblem(range: UffdRange, pages: number): UffdProblem | undefined {
  return range.page + range.pages > pages
    ? { path: '.range', problem: `the memory has only ${pages} pages` }
    : undefined;
}

function isHugeFlaw(flaw: Flaw): boolean {
  return flaw === 'small_start' || flaw === 'small_length';
}

function flawProblem({ ioctl, range, sourceFlaw }: UffdIoctl, memory: UffdConfig['memory']): UffdProblem | undefined {
  if (isHugeFlaw(range.flaw) && !MEMORY[memory].hugetlb) return { path: '.range.flaw', problem: 'is for huge pages' };
  if (range.flaw === 'small_length' && ioctl === 'unregister') {
    return {
      path: '.range.flaw',
      problem: 'unregister would begin with a part of a huge page, which is not told apart',
    };
  }
  if (sourceFlaw === undefined || ioctl === 'copy' || (ioctl === 'move' && sourceFlaw !== 'ends')) return undefined;
  return { path: '.sourceFlaw', problem: `${ioctl} has no such source` };
}

function ioctlProblem(step: UffdIoctl, { memory, content }: UffdConfig): UffdProblem | undefined {
  const { ioctl, range, mode, source } = step;
  const pages = content.length;
  const outside = rangeProblem(range, pages);
  if (outside !== undefined) return outside;
  const spoilt = flawProblem(step, memory);
  if (spoilt !== undefined) return spoilt;
  const alien = mode.findIndex((name) => modeBit(ioctl, name) === undefined);
  if (alien >= 0) return { path: `.mode[${alien}]`, problem: `${ioctl} has no such mode` };
  if (new Set(mode).size !== mode.length) return { path: '.mode', problem: 'names a mode twice' };
  const sources = ioctl === 'copy' ? 2 : ioctl === 'move' ? pages : 1;
  return source < sources ? undefined : { path: '.source', problem: `must be below ${sources}` };
}

function adviseProblem({ advice, range, hold }: UffdAdvise, { memory, content }: UffdConfig): UffdProblem | undefined {
  if (MEMORY[memory].hugetlb && advice === 'remove' && range.flaw === 'unaligned_length') {
    return { path: '.range.flaw', problem: 'would clear a part of a huge page, which is not told apart' };
  }
  if (isHugeFlaw(range.flaw)) return { path: '.range.flaw', problem: 'is for calls on a userfaultfd' };
  if (hold && !LET_GO.includes(advice)) return { path: '.hold', problem: `${advice} sends no event` };
  return rangeProblem(range, content.length);
}

function stepProblem(step: UffdStep, config: UffdConfig): UffdProblem | undefined {
  switch (step.kind) {
    case 'access':
      return accessProblem(step, config.content.length);
    case 'ioctl':
      return ioctlProblem(step, config);
    case 'api':
      return step.unprivileged && !step.fresh
        ? { path: '.unprivileged', problem: 'needs a new descriptor' }
        : undefined;
    case 'fork':
    case 'exit':
      return undefined;
    case 'pagemap':
      return step.range.flaw === 'none'
        ? rangeProblem(step.range, config.content.length)
        : { path: '.range.flaw', problem: 'entries are read of the memory alone' };
    case 'advise':
      return adviseProblem(step, config);
  }
}

/** What the schema cannot say. Yields the problems one by one. */
export function* uffdProblems({ config, steps }: UffdScenario): Generator<UffdProblem> {
  const inConfig = configProblem(config);
  if (inConfig !== undefined) yield { ...inConfig, path: `$.config${inConfig.path}` };
  for (const [i, step] of steps.entries()) {
    const problem = stepProblem(step, config);
    if (problem !== undefined) yield { ...problem, path: `$.steps[${i}]${problem.path}` };
  }
  yield* childProblems(steps);
}

/** Whether a scenario of the right shape makes sense. */
export function isValidUffd(scenario: UffdScenario): boolean {
  return uffdProblems(scenario).next().done === true;
}
