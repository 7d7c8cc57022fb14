import { closeSync, openSync, readSync } from 'node:fs';
import { errnoSentence } from '../../util/errno.js';
import type { Arch } from './arch.js';
import { TargetError } from './error.js';

const HEAD_BYTES = 0x210;
const ELF_MACHINES: Readonly<Record<number, Arch>> = { 62: 'amd64', 183: 'arm64' };

function head(path: string): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new TargetError(`${path} cannot be read: ${errnoSentence(error)}`);
  }
}

/** The architecture that an executable or a kernel image is for, where its first bytes tell. */
export function archOf(path: string): Arch | undefined {
  const bytes = head(path);
  const text = (at: number, length: number): string => bytes.toString('latin1', at, at + length);
  if (text(0, 4) === '\x7fELF') return ELF_MACHINES[bytes.readUInt16LE(18)];
  if (text(0x202, 4) === 'HdrS') return 'amd64';
  return text(0x38, 4) === 'ARMd' ? 'arm64' : undefined;
}

/**
 * Refuses a file that is for another machine; a wrong image would only be silent.
 *
 * @throws {TargetError}
 */
export function mustBeFor(arch: Arch, path: string, what: string): void {
  const found = archOf(path);
  if (found !== undefined && found !== arch)
    throw new TargetError(`${what} ${path} is for ${found}: the target needs one for ${arch}`);
}
