/** Steps with madvise(2): pages that go, and what comes after them. */
import type { UffdRange } from '../../scenario/uffd.js';
import { UFFD_THREADS } from '../../scenario/uffd/layout.js';
import { MEMORY, type Memory } from '../../scenario/uffd/memory.js';
import { LET_GO, type Advice } from '../../scenario/uffd/steps.js';
import { bag } from '../stage2/dice.js';
import { addAccess, ioctl, pickPage, pickRange, type UffdDraft } from './draft.js';

const ANY = bag<Advice>(
  ['dontneed', 6],
  ['remove', 3],
  ['free', 3],
  ['pageout', 2],
  ['collapse', 1],
  ['populate_read', 4],
  ['populate_write', 4],
);

/** Advice after which a page is gone, or may be. */
function pickLetGo({ dice, config }: UffdDraft): Advice {
  const { file, shared } = MEMORY[config.memory];
  const likely = shared ? 'remove' : file ? 'pageout' : 'free';
  return dice.pick(['dontneed', 'dontneed', likely, 'pageout'] as const);
}

/** What would clear a part of a huge page is not in scenarios. */
function isAllowed(memory: Memory, advice: Advice, { flaw }: UffdRange): boolean {
  return !(MEMORY[memory].hugetlb && advice === 'remove' && flaw === 'unaligned_length');
}

function addAdvise(draft: UffdDraft, advice = draft.dice.pick(ANY), page = pickPage(draft)): void {
  const { dice, config, steps } = draft;
  const range = pickRange(draft, page, 6);
  const thread = dice.percent(60) ? 0 : dice.below(UFFD_THREADS);
  const flaw = isAllowed(config.memory, advice, range) ? range.flaw : 'none';
  const hold = LET_GO.includes(advice) && dice.percent(config.features.includes('event_remove') ? 40 : 1);
  steps.push({ kind: 'advise', thread, advice, range: { ...range, flaw }, hold });
}

/** A call waits for the event of its second page, and somebody touches the first, which it has let go. */
function touchWhatWent(draft: UffdDraft): void {
  const { dice, config, steps } = draft;
  const page = dice.below(config.content.length - 1);
  steps.push(ioctl('unregister', { page, pages: 1, flaw: 'none' }));
  steps.push(ioctl('register', { page: page + 1, pages: 1, flaw: 'none' }, ['missing']));
  addAccess(draft, page);
  const range = { page, pages: 2, flaw: 'none' } as const;
  steps.push({ kind: 'advise', thread: 1, advice: 'dontneed', range, hold: true });
  addAccess(draft, page);
}

/** A page that may be protected or marked is let go, and touched again. */
export function letGoAndTouch(draft: UffdDraft): void {
  const { dice, config, steps } = draft;
  if (config.features.includes('event_remove') && config.content.length > 1 && dice.percent(4)) {
    touchWhatWent(draft);
    return;
  }
  const page = pickPage(draft);
  if (dice.percent(30)) steps.push(ioctl('writeprotect', pickRange(draft, page), ['wp']));
  else if (dice.percent(15)) steps.push(ioctl('poison', pickRange(draft, page)));
  addAdvise(draft, pickLetGo(draft), page);
  if (config.features.includes('event_remove') && dice.percent(50)) {
    const name = dice.pick(['copy', 'zeropage', 'continue', 'writeprotect', 'wake', 'unregister'] as const);
    steps.push(ioctl(name, pickRange(draft, page)));
  }
  if (dice.percent(75)) addAccess(draft, page);
}

/** A call faults pages in, and something answers it. */
export function populateAndAnswer(draft: UffdDraft): void {
  const { dice, steps } = draft;
  const page = pickPage(draft);
  addAdvise(draft, dice.pick(['populate_read', 'populate_write']), page);
  if (dice.percent(60)) steps.push(ioctl(dice.pick(['copy', 'zeropage', 'wake']), pickRange(draft, page)));
}

export function anyAdvice(draft: UffdDraft): void {
  addAdvise(draft);
}
