import { IOCTLS, modeBits } from './ioctls.js';
import { MEMORY } from './memory.js';
import type { UffdConfig, UffdScenario } from '../uffd.js';
import type { Flaw, UffdIoctl } from './steps.js';

const { wp: WP } = IOCTLS.register.modes;

/** Flaws of a range with which a call gets to its pages. */
const LANDS: ReadonlySet<Flaw> = new Set(['none', 'beyond']);

interface Page {
  /** Modes that it is registered for, as bits. */
  modes: number;
  protected: boolean;
}

/** Whether a call does anything: its range is sound, and its modes are. */
function acts({ ioctl, range, mode, argument }: UffdIoctl, { memory, content }: UffdConfig): boolean {
  const unfit = ioctl === 'register' && mode.includes('minor') && !MEMORY[memory].file;
  // A registration may end within what would be a huge page if something were mapped there.
  const overhangs =
    ioctl === 'register' && range.flaw === 'small_length' && range.page + range.pages === content.length;
  const lands = LANDS.has(range.flaw) || overhangs;
  return lands && argument !== 'unmapped' && !mode.includes('bogus') && !unfit;
}

/** What a call makes of one page; whether it takes WP from one that is protected. */
function apply(page: Page, step: UffdIoctl, others: readonly Page[]): boolean {
  const isWp = (page.modes & WP) !== 0;
  switch (step.ioctl) {
    case 'register': {
      const modes = modeBits('register', step.mode);
      const keeps = page.modes !== 0 && (page.modes & modes) === modes;
      if (keeps) return false;
      page.modes = modes;
      return isWp && page.protected && (modes & WP) === 0;
    }
    case 'unregister':
      page.modes = 0;
      page.protected &&= !isWp;
      return false;
    case 'writeprotect':
      // It ends at the first page that is not registered for WP.
      if (step.mode.includes('wp')) page.protected ||= isWp;
      else if (others.every(({ modes }) => (modes & WP) !== 0)) page.protected = false;
      return false;
    case 'copy':
    case 'continue':
      page.protected ||= isWp && step.mode.includes('wp');
      return false;
    default:
      return false;
  }
}

/**
 * The first step that registers a write-protected page again without WP, which leaves its protection behind (mm/userfaultfd.c of
 * Linux 6.18 and older). Where a call may fail, its pages are taken to stay protected.
 *
 * @returns its index, undefined where there is none.
 */
export function firstDroppedWp(scenario: UffdScenario): number | undefined {
  const pages = atStart(scenario);
  const at = scenario.steps.findIndex((_, index) => applyStep(pages, scenario, index));
  return at < 0 ? undefined : at;
}

/** Whether a page may be write-protected when the scenario ends, in a range that is registered for WP. */
export function endsProtected(scenario: UffdScenario): boolean {
  const pages = atStart(scenario);
  scenario.steps.forEach((_, index) => applyStep(pages, scenario, index));
  return pages.some(({ modes, protected: isProtected }) => isProtected && (modes & WP) !== 0);
}

function atStart({ config }: UffdScenario): Page[] {
  return config.content.map((): Page => ({ modes: 0, protected: false }));
}

/** Whether the step takes WP from a page that is protected. */
function applyStep(pages: readonly Page[], { config, steps }: UffdScenario, index: number): boolean {
  const step = steps[index];
  if (step?.kind !== 'ioctl' || !acts(step, config)) return false;
  const { page, pages: count, flaw } = step.range;
  const some = pages.slice(page, page + count + (flaw === 'beyond' ? 1 : 0));
  return some.map((one) => apply(one, step, some)).includes(true);
}
