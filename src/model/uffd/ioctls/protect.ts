import type { UffdIoctl } from '../../../scenario/uffd.js';
import { EINVAL, ENOENT } from '../errno.js';
import { R, type Page, type Run } from '../state.js';
import { wake } from '../threads.js';
import { isOneMapping } from './fill.js';
import { isHugeFlaw, refused, spanOf } from './range.js';
import { unprotect } from './register.js';

function protectPage(run: Run, page: Page): void {
  if (page.mapped) {
    if (run.docket.holds(R.wp.protects)) page.wp = true;
    return;
  }
  if (page.pte !== 'none') return;
  const marks = run.memory.file || run.asked('wp_unpopulated') || run.asked('wp_async');
  if (run.docket.holds(R.wp.unpopulated) !== marks) return;
  page.pte = 'marker';
  page.wp = true;
}

export function writeProtect(run: Run, step: UffdIoctl): void {
  if (refused(run, step, 0)) return;
  const on = step.mode.includes('wp');
  const quiet = step.mode.includes('dontwake');
  if (on && quiet && run.docket.holds(R.wp.wpDontWake)) {
    run.result(R.wp.wpDontWake, EINVAL, 0);
    return;
  }
  const span = spanOf(run, step);
  const whole = run.profile.wpSpansMappings || (!span.beyond && isOneMapping(run, span.first, span.end));
  if (!whole && run.docket.holds(R.wp.oneMapping)) {
    run.result(R.wp.oneMapping, ENOENT, 0);
    return;
  }
  if (isHugeFlaw(step.range) && run.page(span.first).forWp && run.docket.holds(R.argument.huge)) {
    run.result(R.argument.huge, EINVAL, 0);
    return;
  }
  const pages = run.pages.slice(span.first, span.end);
  const alien = pages.findIndex((page) => !page.forWp);
  const unfit = pages.length === 0 || alien >= 0;
  for (const page of alien < 0 ? pages : pages.slice(0, alien)) {
    if (on) protectPage(run, page);
    else if (run.docket.holds(R.wp.unprotects)) unprotect(page);
  }
  if (unfit && run.docket.holds(R.wp.needsWp)) {
    run.result(R.wp.needsWp, ENOENT, 0);
    return;
  }
  run.result(on ? R.wp.protects : R.wp.unprotects, 0, 0);
  if (!on && !quiet && run.docket.holds(R.wp.unprotects)) {
    wake(run, span.first * run.pageBytes, (span.end - span.first) * run.pageBytes);
  }
}
