import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { syncDirectory } from './directory.js';

/**
 * Puts text into a file of an existing directory. When this returns, it is on the disk; whenever the process is killed before,
 * the file is there as it was, or not at all.
 *
 * @param how what happens to a file that is there already: it is replaced, or it stays and the errno is EEXIST.
 */
export function writeDurably(file: string, text: string, how: 'replace' | 'new' = 'replace'): void {
  const temporary = join(dirname(file), `.${process.pid}-${Date.now().toString(36)}.tmp`);
  try {
    writeAndSync(temporary, text);
    if (how === 'replace') renameSync(temporary, file);
    else linkSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(file));
}

function writeAndSync(file: string, text: string): void {
  const bytes = Buffer.from(text);
  const handle = openSync(file, 'wx', 0o644);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
