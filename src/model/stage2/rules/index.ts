import { bookRules, type BookRule } from './book.js';
import * as access from './access.js';
import * as arm from './arm64/index.js';
import * as dirty from './dirty.js';
import * as memory from './memory.js';
import * as mmio from './mmio.js';
import * as paging from './paging.js';
import * as uffd from './uffd.js';
import * as x86 from './x86/index.js';

/** The rules of the family, by the name that the interpreter uses. */
export const R = { ...access, ...paging, ...mmio, ...uffd, ...dirty, ...memory, ...x86, ...arm };

/** The rules of the family in the order of the book. */
export const STAGE2_RULES: readonly BookRule[] = bookRules();

export { Docket, type BookRule } from './book.js';
