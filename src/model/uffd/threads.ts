import type { UffdAccess } from '../../scenario/uffd.js';
import { CHILD } from '../../scenario/uffd/fork.js';
import { EFAULT, EHWPOISON } from './errno.js';
import { access, fillsForOthers, type Fault, mapsOthers } from './fault.js';
import type { ThreadId, UffdExpected } from './expectation.js';
import { byPlace } from './order.js';
import { R, type Run } from './state.js';
import { lastPage, type Populate, type Touch } from './touch.js';

const WORD = 8;
/** Flag of a message's page fault: the write flag. */
const WRITE = 1;

/** Accesses that are over, which the driver reports after the messages. */
interface Over {
  readonly access: Touch;
  readonly fault: Exclude<Fault, { kind: 'message' }>;
}

function messageOffset(run: Run, { page, word }: Touch): number {
  const start = page * run.pageBytes;
  return run.asked('exact_address') && run.docket.holds(R.fault.exact) ? start + word * WORD : start;
}

function message(run: Run, step: Touch, fault: Extract<Fault, { kind: 'message' }>): UffdExpected {
  return {
    kind: 'message',
    rule: fault.rule.id,
    thread: step.thread as ThreadId,
    offset: messageOffset(run, step),
    flags: fault.flags,
    flagsRule: (fault.flags & ~WRITE) === 0 ? R.fault.missingWrite.id : fault.rule.id,
    offsetRule: R.fault.exact.id,
  };
}

/** The value that a read gives; undefined where a thread that goes on at the same time writes it. */
function readValue(run: Run, step: Touch, over: readonly Over[]): bigint | undefined {
  const races = over.some(
    ({ access: other, fault }) =>
      other !== step &&
      other.op === 'write' &&
      other.populate === undefined &&
      fault.kind === 'done' &&
      other.page === step.page &&
      other.word === step.word,
  );
  if (races) return undefined;
  const content = run.page(step.page).content;
  if (content === undefined) return run.docket.holds(R.fault.zeroes) ? 0n : 1n;
  const value = content.read(step.word * WORD);
  return run.docket.holds(R.fault.value) ? value : value ^ 1n;
}

/** Whether it matters which of two is first with a page that both touch. */
function meet(run: Run, one: Touch, other: Touch): boolean {
  const last = Math.min(lastPage(one), lastPage(other));
  const calls = one.populate !== undefined || other.populate !== undefined;
  for (let page = Math.max(one.page, other.page); page <= last; page++) {
    const writeMatters = run.config.memory === 'shmem_private' || calls || mapsOthers(run, page);
    if (fillsForOthers(run, page) || (one.op === 'write' && writeMatters)) return true;
  }
  return false;
}

/** Several threads go on with one page of a file, and it matters who is first. */
function isRace(run: Run, steps: readonly Touch[]): boolean {
  const { memory } = run.config;
  if (memory !== 'shmem' && memory !== 'shmem_private') return false;
  return steps.some((one) => steps.some((other) => one !== other && meet(run, one, other)));
}

/** Goes on from page to page as long as nothing is in the way. */
function advance(run: Run, from: Touch): { touch: Touch; fault: Fault } {
  let touch = from;
  const by = from.by === 'kernel' || from.populate !== undefined ? 'kernel' : 'user';
  let fault = access(run, touch.page, touch.op === 'write', by);
  while (fault.kind === 'done' && touch.page < lastPage(touch)) {
    touch = { ...touch, page: touch.page + 1 };
    fault = access(run, touch.page, touch.op === 'write', by);
  }
  // Without the rule the call gives up where it would wait.
  if (fault.kind === 'message' && from.by === 'kernel' && !run.docket.holds(R.kernel.asks)) {
    return { touch, fault: { kind: 'sigbus', rule: R.kernel.asks, code: 0 } };
  }
  return { touch, fault };
}

/** A page that a call has let go which is not over yet. */
function meetsGone({ held }: Run, touch: Touch): boolean {
  for (let page = touch.page; page <= lastPage(touch); page++) if (held?.gone.has(page) === true) return true;
  return false;
}

/** Lets threads try their accesses at the same time. */
export function tryAccesses(run: Run, steps: readonly Touch[]): void {
  if (steps.some((step) => meetsGone(run, step)) && run.docket.holds(R.event.early)) run.lose(R.event.early);
  if (isRace(run, steps) && run.docket.holds(R.fault.race)) run.lose(R.fault.race);
  const messages: UffdExpected[] = [];
  const over: Over[] = [];
  for (const step of steps) {
    const { touch, fault } = advance(run, step);
    if (fault.kind === 'message') {
      run.waiting.set(step.thread as ThreadId, touch);
      messages.push(message(run, touch, fault));
      continue;
    }
    run.waiting.delete(step.thread as ThreadId);
    over.push({ access: touch, fault });
  }
  for (const { access: step, fault } of over) {
    if (step.op === 'write' && step.populate === undefined && fault.kind === 'done') {
      const page = run.page(step.page);
      page.content?.write(step.word * WORD, BigInt(step.value));
      page.lazy = false;
    }
  }
  run.events.push(...messages.sort(byPlace));
  over.sort((a, b) => a.access.thread - b.access.thread);
  for (const one of over) run.events.push(ending(run, one, over));
}

function ending(run: Run, { access: step, fault }: Over, over: readonly Over[]): UffdExpected {
  const thread = step.thread as ThreadId;
  if (step.populate !== undefined) return callEnding(run, step.populate, thread, fault);
  if (fault.kind === 'sigbus' && step.by === 'kernel' && run.docket.holds(R.kernel.fails)) {
    const { id } = fault.rule === R.kernel.userModeOnly ? fault.rule : R.kernel.fails;
    return { kind: 'returned', rule: id, thread, errno: EFAULT };
  }
  if (fault.kind === 'sigbus') return { kind: 'sigbus', rule: fault.rule.id, thread, page: 0, code: fault.code };
  const value = step.op === 'write' ? BigInt(step.value) : readValue(run, step, over);
  return { kind: 'done', rule: fault.rule.id, thread, value, valueRule: R.fault.value.id };
}

/** What a call returns that faulted its pages in. */
function callEnding(run: Run, { rule, errno }: Populate, thread: ThreadId, fault: Over['fault']): UffdExpected {
  if (fault.kind === 'done' || !run.docket.holds(R.advise.populateFails)) {
    return { kind: 'returned', rule: rule.id, thread, errno };
  }
  const error = fault.rule === R.fault.poisoned ? EHWPOISON : EFAULT;
  return { kind: 'returned', rule: R.advise.populateFails.id, thread, errno: error };
}

/**
 * Wakes who waits for an answer at an address in `[start, start + bytes)`.
 *
 * @param isMeant of these pages only.
 */
export function wake(run: Run, start: number, bytes: number, isMeant: (page: number) => boolean = () => true): void {
  const woken = [...run.waiting.values()].filter((step) => {
    const offset = messageOffset(run, step);
    return offset >= start && offset < start + bytes && isMeant(step.page);
  });
  if (woken.length === 0 || !run.docket.holds(R.fault.waiting)) return;
  woken.sort((a, b) => a.thread - b.thread);
  tryAccesses(run, woken);
}

/** Whether a thread waits; the driver leaves it alone then, and says so. */
export function isBusy(run: Run, thread: number): boolean {
  if (!run.waiting.has(thread as ThreadId) && run.held?.thread !== thread) return false;
  run.docket.holds(R.fault.waiting);
  run.events.push({ kind: 'waits', rule: R.fault.waiting.id, thread: thread as ThreadId });
  return true;
}

export function stepAccess(process: Run, step: UffdAccess): void {
  const run = step.thread === CHILD ? process.child?.run : process;
  if (run === undefined) throw new Error('there is no child');
  if (!isBusy(run, step.thread)) tryAccesses(run, [step]);
}
