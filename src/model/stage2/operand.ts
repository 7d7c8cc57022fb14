/** Memory operands: how they split into pages, and what one page's part of them costs on the processor or in the emulator. */
import { lane, PAGE_SIZE } from '../../scenario/stage2/layout.js';
import type { Masked } from '../expectation.js';
import type { PageContent } from './content.js';
import { byteMask, UNKNOWN } from './masked.js';
import type { Run } from './run.js';
import { contentOf } from './state.js';
import type { Place, Target } from './place.js';

/** Where a memory operand begins. `scratch` never faults. */
export interface Operand {
  readonly place: Place | 'scratch';
  readonly page: number;
  readonly offset: number;
}

/** The part of an operand that lies in one page. */
export interface Piece {
  readonly place: Place | 'scratch';
  readonly page: number;
  readonly offset: number;
  readonly length: number;
  /** Bytes of the operand before this part. */
  readonly before: number;
}

/** Splits `length` bytes at page boundaries: one or two pieces. */
export function pieces(operand: Operand, length: number): readonly Piece[] {
  const { place, page, offset } = operand;
  const room = PAGE_SIZE - offset;
  if (length <= room) return [{ place, page, offset, length, before: 0 }];
  return [
    { place, page, offset, length: room, before: 0 },
    { place, page: page + 1, offset: 0, length: length - room, before: room },
  ];
}

/** The operand `bytes` further up. */
export function advance(operand: Operand, bytes: number): Operand {
  const offset = operand.offset + bytes;
  return {
    place: operand.place,
    page: operand.page + Math.floor(offset / PAGE_SIZE),
    offset: offset % PAGE_SIZE,
  };
}

/** A piece with what is behind its address. */
export interface Located {
  readonly piece: Piece;
  /** Undefined for scratch. */
  readonly target: Target | undefined;
}

/** The content behind a piece of memory. */
export function contentBehind(run: Run, located: Located): PageContent {
  const { target } = located;
  if (target === undefined) return run.machine.scratch;
  if (target.kind === 'mmio') throw new Error('HARNESS: no memory behind an MMIO address');
  return contentOf(target.region, target.page);
}

/** Puts a part's bytes into the operand's value. */
export function assemble(whole: Masked | undefined, part: Masked, piece: Piece): Masked {
  if (whole === undefined && piece.before === 0) return part;
  const base = whole ?? { value: 0n, known: 0n };
  const shift = BigInt(8 * piece.before);
  return { value: base.value | (part.value << shift), known: base.known | (part.known << shift) };
}

/** A part's bytes of the operand's value. */
export function extract(whole: Masked, piece: Piece): Masked {
  const shift = BigInt(8 * piece.before);
  const mask = byteMask(piece.length);
  if (whole === UNKNOWN) return UNKNOWN;
  return { value: (whole.value >> shift) & mask, known: (whole.known >> shift) & mask };
}

/** The operand `value`, `value + 1`, … in lanes, as one little-endian number. */
export function operandValue(value: bigint, width: number): bigint {
  if (width <= 8) return value & byteMask(width);
  let operand = 0n;
  for (let i = 0; i < width / 8; i++) operand |= lane(value, i) << BigInt(64 * i);
  return operand;
}
