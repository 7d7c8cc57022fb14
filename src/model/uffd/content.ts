import { uffdFill } from '../../scenario/uffd/layout.js';
import type { Base } from './expectation.js';

/** What one page holds: a base, and the words written since. */
export class Content {
  readonly words: Map<number, bigint>;
  /** Parent and child have it in common, until one of them writes. */
  inCommon = false;

  constructor(
    readonly base: Base,
    words?: ReadonlyMap<number, bigint>,
  ) {
    this.words = new Map(words);
  }

  /** Nothing but zeroes. */
  get isZero(): boolean {
    return this.base === 'zero' && this.words.size === 0;
  }

  /** @param offset in bytes, a multiple of 8. */
  read(offset: number): bigint {
    return this.words.get(offset) ?? baseWord(this.base, offset);
  }

  write(offset: number, value: bigint): void {
    if (value === baseWord(this.base, offset)) this.words.delete(offset);
    else this.words.set(offset, value);
  }

  copy(): Content {
    return new Content(this.base, this.words);
  }
}

function baseWord(base: Base, offset: number): bigint {
  return base === 'zero' ? 0n : uffdFill(base.tag, base.page, offset);
}

export function zeroes(): Content {
  return new Content('zero');
}
