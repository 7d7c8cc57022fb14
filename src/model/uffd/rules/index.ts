import { bookRules, type BookRule } from './book.js';
import * as advise from './advise.js';
import * as argument from './arguments.js';
import * as child from './child.js';
import * as content from './content.js';
import * as events from './events.js';
import * as faults from './faults.js';
import * as fills from './fills.js';
import * as fork from './fork.js';
import * as handshake from './handshake.js';
import * as kernel from './kernel.js';
import * as protect from './protect.js';
import * as ranges from './ranges.js';

/** The rules of the family by topic. */
export const R = {
  fault: faults,
  range: ranges,
  fill: fills,
  wp: protect,
  api: handshake,
  advise,
  argument,
  event: events,
  content,
  fork,
  child,
  kernel,
};

/** The rules of the family in the order of the book. */
export const UFFD_RULES: readonly BookRule[] = bookRules();

export { Docket, type BookRule } from './book.js';
