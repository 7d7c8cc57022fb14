import type { Masked } from '../expectation.js';
import { PAGE_SIZE } from '../../scenario/stage2/layout.js';
import { byteMask, either, exactly, WORD_MASK } from './masked.js';

/** What a page holds where no word was written since it was last filled. */
export type Base = 'initial' | 'zero' | 'copy';

/** The word that a base holds at an offset (a multiple of 8). */
export type Fill = (base: Base, offset: number) => bigint;

/** Content of one page: a fill, and the words written over it. */
export class PageContent {
  private base: Base = 'initial';
  /** MADV_FREE: the fill may have turned to zeroes. */
  private maybeZero = false;
  private words: Map<number, Masked> | undefined;
  /** Words of the fill that were asked for: page walks ask for the same few again and again. */
  private filled: Map<number, Masked> | undefined;

  constructor(readonly fill: Fill) {}

  clone(): PageContent {
    const copy = new PageContent(this.fill);
    copy.base = this.base;
    copy.maybeZero = this.maybeZero;
    copy.words = this.words && new Map(this.words);
    return copy;
  }

  /** Replaces everything by a fill. */
  refill(base: Base): void {
    this.base = base;
    this.maybeZero = false;
    this.words = undefined;
    this.filled = undefined;
  }

  /** From now on each word is what it is, or zero. */
  mayTurnZero(): void {
    this.maybeZero = true;
    this.filled = undefined;
    for (const [offset, word] of this.words ?? []) this.words?.set(offset, either(word, exactly(0n)));
  }

  /** The page is its initial fill for certain. */
  get pristine(): boolean {
    return this.base === 'initial' && !this.maybeZero && this.words === undefined;
  }

  /** The fills it may have where nothing was written. */
  get bases(): readonly Base[] {
    return this.maybeZero && this.base !== 'zero' ? [this.base, 'zero'] : [this.base];
  }

  get written(): ReadonlyMap<number, Masked> {
    return this.words ?? NONE;
  }

  word(offset: number): Masked {
    const written = this.words?.get(offset);
    if (written !== undefined) return written;
    const known = this.filled?.get(offset);
    if (known !== undefined) return known;
    const filled = exactly(this.fill(this.base, offset));
    const word = this.maybeZero ? either(filled, exactly(0n)) : filled;
    (this.filled ??= new Map()).set(offset, word);
    return word;
  }

  setWord(offset: number, word: Masked): void {
    (this.words ??= new Map()).set(offset, word);
  }

  /** Reads `length` bytes (at most 64) from `offset`, within the page, as a little-endian number. */
  read(offset: number, length: number): Masked {
    if (length === 8 && (offset & 7) === 0) return this.word(offset);
    let value = 0n;
    let known = 0n;
    const first = offset & ~7;
    for (let at = first; at < offset + length; at += 8) {
      const word = this.word(at);
      const shift = BigInt((at - first) * 8);
      value |= word.value << shift;
      known |= word.known << shift;
    }
    const skip = BigInt((offset - first) * 8);
    const mask = byteMask(length);
    return { value: (value >> skip) & mask, known: (known >> skip) & mask };
  }

  /** Writes `length` bytes (at most 64) at `offset`, within the page. */
  write(offset: number, length: number, data: Masked): void {
    if (length === 8 && (offset & 7) === 0) {
      this.setWord(offset, data);
      return;
    }
    const first = offset & ~7;
    const skip = BigInt((offset - first) * 8);
    const mask = byteMask(length) << skip;
    const value = (data.value << skip) & mask;
    const known = (data.known << skip) & mask;
    for (let at = first; at < offset + length && at < PAGE_SIZE; at += 8) {
      const shift = BigInt((at - first) * 8);
      const keep = ~(mask >> shift) & WORD_MASK;
      const old = this.word(at);
      this.setWord(at, {
        value: (old.value & keep) | ((value >> shift) & WORD_MASK),
        known: (old.known & keep) | ((known >> shift) & WORD_MASK),
      });
    }
  }
}

const NONE: ReadonlyMap<number, Masked> = new Map();
