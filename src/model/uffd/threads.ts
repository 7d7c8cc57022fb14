import type { UffdAccess } from '../../scenario/uffd.js';
import { access, fillsForOthers, type Fault, mapsOthers } from './fault.js';
import type { ThreadId, UffdExpected } from './expectation.js';
import { R, type Run } from './state.js';

const WORD = 8;
/** Flag of a message's page fault: the write flag. */
const WRITE = 1;

/** Accesses that are over, which the driver reports after the messages. */
interface Over {
  readonly access: UffdAccess;
  readonly fault: Exclude<Fault, { kind: 'message' }>;
}

function messageOffset(run: Run, { page, word }: UffdAccess): number {
  const start = page * run.pageBytes;
  return run.asked('exact_address') && run.docket.holds(R.fault.exact) ? start + word * WORD : start;
}

function message(run: Run, step: UffdAccess, fault: Extract<Fault, { kind: 'message' }>): UffdExpected {
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

/** In the driver's order: by address, flags and thread. */
function byPlace(a: UffdExpected, b: UffdExpected): number {
  if (a.kind !== 'message' || b.kind !== 'message') return 0;
  return a.offset - b.offset || a.flags - b.flags || a.thread - b.thread;
}

/** The value that a read gives; undefined where a thread that goes on at the same time writes it. */
function readValue(run: Run, step: UffdAccess, over: readonly Over[]): bigint | undefined {
  const races = over.some(
    ({ access: other, fault }) =>
      other !== step &&
      other.op === 'write' &&
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

/** Several threads go on with one page of a file, and it matters who is first. */
function isRace(run: Run, steps: readonly UffdAccess[]): boolean {
  const { memory } = run.config;
  if (memory !== 'shmem' && memory !== 'shmem_private') return false;
  const writeMatters = (page: number): boolean => memory === 'shmem_private' || mapsOthers(run, page);
  return steps.some(
    ({ op, page }, i) =>
      steps.some((other, j) => i !== j && other.page === page) &&
      (fillsForOthers(run, page) || (op === 'write' && writeMatters(page))),
  );
}

/** Lets threads try their accesses at the same time. */
export function tryAccesses(run: Run, steps: readonly UffdAccess[]): void {
  if (isRace(run, steps) && run.docket.holds(R.fault.race)) run.lose(R.fault.race);
  const messages: UffdExpected[] = [];
  const over: Over[] = [];
  for (const step of steps) {
    const fault = access(run, step.page, step.op === 'write');
    if (fault.kind === 'message') {
      run.waiting.set(step.thread as ThreadId, step);
      messages.push(message(run, step, fault));
      continue;
    }
    run.waiting.delete(step.thread as ThreadId);
    over.push({ access: step, fault });
  }
  for (const { access: step, fault } of over) {
    if (step.op === 'write' && fault.kind === 'done') {
      run.page(step.page).content?.write(step.word * WORD, BigInt(step.value));
    }
  }
  run.events.push(...messages.sort(byPlace));
  over.sort((a, b) => a.access.thread - b.access.thread);
  for (const one of over) run.events.push(ending(run, one, over));
}

function ending(run: Run, { access: step, fault }: Over, over: readonly Over[]): UffdExpected {
  const thread = step.thread as ThreadId;
  if (fault.kind === 'sigbus') return { kind: 'sigbus', rule: fault.rule.id, thread, page: 0, code: fault.code };
  const value = step.op === 'write' ? BigInt(step.value) : readValue(run, step, over);
  return { kind: 'done', rule: fault.rule.id, thread, value, valueRule: R.fault.value.id };
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

export function stepAccess(run: Run, step: UffdAccess): void {
  // The driver leaves a thread alone that waits.
  if (run.waiting.has(step.thread as ThreadId)) {
    run.docket.holds(R.fault.waiting);
    run.events.push({ kind: 'waits', rule: R.fault.waiting.id, thread: step.thread as ThreadId });
    return;
  }
  tryAccesses(run, [step]);
}
