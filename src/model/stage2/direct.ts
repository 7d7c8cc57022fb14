/** The data of an instruction that completes on the processor. */
import type { Masked } from '../expectation.js';
import { UNKNOWN } from './masked.js';
import { assemble, contentBehind, extract, pieces, type Operand, type Piece } from './operand.js';
import { targetOf } from './place.js';
import { R } from './rules/index.js';
import type { Run } from './run.js';

/** Reads memory that is all in place. */
export function readDirect(run: Run, operand: Operand, length: number): Masked {
  let data: Masked | undefined;
  for (const piece of pieces(operand, length)) {
    const content = contentBehind(run, { piece, target: directTarget(run, piece) });
    data = assemble(data, content.read(piece.offset, piece.length), piece);
  }
  return data ?? UNKNOWN;
}

/** Writes memory that is all in place. */
export function writeDirect(run: Run, operand: Operand, length: number, data: Masked): void {
  if (!run.docket.holds(R.storeContent)) return;
  for (const piece of pieces(operand, length)) {
    const content = contentBehind(run, { piece, target: directTarget(run, piece) });
    content.write(piece.offset, piece.length, extract(data, piece));
  }
}

/** What is behind a piece. */
export function directTarget(run: Run, piece: Piece): ReturnType<typeof targetOf> | undefined {
  return piece.place === 'scratch' ? undefined : targetOf(run, piece.place, piece.page);
}
