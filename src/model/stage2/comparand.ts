/** The comparand that the driver gives to a compare-and-swap. */
import { archOf, fetchStub } from '../../scenario/stage2/arch.js';
import { FILL_TAG, fillWord } from '../../scenario/stage2/layout.js';
import type { Access } from '../../scenario/stage2/steps.js';
import type { Masked } from '../expectation.js';
import { byteMask } from './masked.js';
import { assemble, operandValue, pieces, type Operand } from './operand.js';
import { REGION_NUMBER } from './regions.js';
import type { Run } from './run.js';

const WIDE = 8;

/** The comparand of an access whose operand begins at `operand`. */
export function comparandOf(run: Run, access: Access, operand: Operand): bigint {
  switch (access.comparand) {
    case 'zero':
      return 0n;
    case 'value':
      return operandValue(BigInt(access.value), Math.max(WIDE, access.width));
    case 'initial':
    case 'copy':
      return fillBytes(run, operand, Math.max(WIDE, access.width), FILL_TAG[access.comparand]);
  }
}

function fillBytes(run: Run, operand: Operand, length: number, tag: number): bigint {
  const stub = fetchStub(archOf(run.machine.config));
  let whole: Masked | undefined;
  for (const piece of pieces(operand, length)) {
    let value = 0n;
    const first = piece.offset & ~7;
    for (let at = first; at < piece.offset + piece.length; at += 8) {
      value |= fillWord(tag, REGION_NUMBER[piece.place], piece.page, at, stub) << BigInt(8 * (at - first));
    }
    const part = (value >> BigInt(8 * (piece.offset - first))) & byteMask(piece.length);
    whole = assemble(whole, { value: part, known: byteMask(piece.length) }, piece);
  }
  return whole?.value ?? 0n;
}
