import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoCode, errnoSentence } from '../util/errno.js';
import { JsonTextError, parseJsonText } from '../util/json-text.js';
import { grouped } from '../util/text.js';
import { MAX_CASE_BYTES } from './case.js';

/** A file of the corpus was refused. The message is one line without the file's name. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** Reads an untrusted JSON file of at most {@link MAX_CASE_BYTES}; throws a {@link FileError}. */
export function readJsonFile(path: string): unknown {
  return parseJsonBytes(readBounded(path));
}

/** Parses untrusted bytes as JSON; throws a {@link FileError}. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_CASE_BYTES) throw tooLarge(`${grouped(bytes.length)} bytes`);
  try {
    return parseJsonText(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof JsonTextError) throw new FileError(error.message);
    if (error instanceof TypeError) throw new FileError('not JSON: it is not UTF-8 text');
    throw error;
  }
}

function readBounded(path: string): Uint8Array {
  let file: number | undefined;
  try {
    // Opening a FIFO must not wait for its writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new FileError('it is a directory');
    if (!stat.isFile()) throw new FileError('not a regular file');
    if (stat.size > MAX_CASE_BYTES) throw tooLarge(`${grouped(stat.size)} bytes`);
    return readAll(file);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new FileError(errnoSentence(error));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Reads one byte more than is allowed: the file may be growing, or be of a kind that has no size. */
function readAll(file: number): Uint8Array {
  const buffer = Buffer.alloc(MAX_CASE_BYTES + 1);
  let length = 0;
  for (;;) {
    const count = readSync(file, buffer, length, buffer.length - length, null);
    length += count;
    if (length > MAX_CASE_BYTES) throw tooLarge('more');
    if (count === 0) return buffer.subarray(0, length);
  }
}

function tooLarge(size: string): FileError {
  return new FileError(`too large: ${size}, at most ${grouped(MAX_CASE_BYTES)} bytes are read`);
}
