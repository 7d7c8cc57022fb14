import type { UffdIoctl } from '../../../scenario/uffd.js';
import { EAGAIN, EBUSY, EEXIST, EFAULT, EINVAL, ENOENT } from '../errno.js';
import { R } from '../rules/index.js';
import type { Page, Run } from '../state.js';
import { type Obstacle, report, wakeFilled } from './fill.js';
import { refused, spanOf } from './range.js';

/** Why the mappings cannot give and take pages, if they cannot. */
function unfit(run: Run, step: UffdIoctl, first: number, end: number, beyond: boolean): Obstacle | undefined {
  if (first === end) return { rule: R.fill.moveNowhere, errno: ENOENT };
  if (step.sourceFlaw === 'unmapped' && run.docket.holds(R.argument.moveUnmapped))
    return { rule: R.argument.moveUnmapped, errno: ENOENT };
  const count = end - first;
  const target = run.pages.slice(first, end);
  const source = run.pages.slice(step.source, step.source + count);
  const whole = !beyond && source.length === count && [target, source].every(isOneMapping);
  const fits = whole && target.every(({ modes }) => modes !== 0) && !run.memory.file;
  return fits ? undefined : { rule: R.fill.moveUnfit, errno: EINVAL };
}

function isOneMapping(pages: readonly Page[]): boolean {
  return pages.every(({ modes }) => modes === pages[0]?.modes);
}

/** Moves one page; nothing is left where it was. */
function movePage(run: Run, to: Page, from: Page, holes: boolean): Obstacle | undefined {
  if (to.pte !== 'none' && run.docket.holds(R.fill.moveExists)) return { rule: R.fill.moveExists, errno: EEXIST };
  if (from.pte === 'none') {
    if (holes || !run.docket.holds(R.fill.moveHole)) return undefined;
    return { rule: R.fill.moveHole, errno: ENOENT };
  }
  if (!from.mapped && run.docket.holds(R.fill.moveMark)) return { rule: R.fill.moveMark, errno: EFAULT };
  if (from.unsure && run.docket.holds(R.advise.pageoutOpen)) run.lose(R.advise.pageoutOpen);
  if (from.own?.inCommon === true && run.docket.holds(R.fork.moveBusy)) return { rule: R.fork.moveBusy, errno: EBUSY };
  if (!run.docket.holds(R.fill.moveContent)) return undefined;
  to.pte = from.pte;
  to.own = from.own;
  to.lazy = from.lazy;
  to.wp = false;
  from.clear();
  return undefined;
}

export function move(run: Run, step: UffdIoctl): void {
  if (refused(run, step)) return;
  const { first, end, beyond } = spanOf(run, step);
  const refusal = unfit(run, step, first, end, beyond);
  if (refusal !== undefined && run.docket.holds(refusal.rule)) {
    run.result(refusal.rule, refusal.errno, -refusal.errno, R.fill.result);
    return;
  }
  let done = 0;
  let obstacle: Obstacle | undefined;
  while (done < end - first && obstacle === undefined) {
    const from = run.pages[step.source + done];
    obstacle = from && movePage(run, run.page(first + done), from, step.mode.includes('allow_src_holes'));
    if (obstacle === undefined) done++;
  }
  const partial = done > 0 && obstacle !== undefined && run.docket.holds(R.fill.progress);
  const why = partial ? { rule: R.fill.progress, errno: EAGAIN } : obstacle;
  report(run, R.fill.moveContent, done * run.pageBytes, why);
  wakeFilled(run, step, first * run.pageBytes, done * run.pageBytes);
}
