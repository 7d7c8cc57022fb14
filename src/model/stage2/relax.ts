import { relaxMark } from './dirt.js';
import { withBit, withoutBit } from './masked.js';
import type { BookRule } from './rules/index.js';
import type { Run } from './run.js';
import { contentOf } from './state.js';

/** The instruction did not complete: what its walks changed and marked so far is possible, not certain, if `rule` holds. */
export function relaxPending(run: Run, rule: BookRule): void {
  if (run.pending.length === 0) return;
  const may = run.docket.holds(rule);
  for (const update of run.pending) {
    if (update.kind === 'bit') {
      const content = contentOf(run.machine.region('pt'), update.page);
      const word = content.word(update.offset);
      content.setWord(update.offset, may ? withoutBit(word, update.bit) : withBit(word, update.bit, update.before));
    } else relaxMark(run, update);
  }
}
