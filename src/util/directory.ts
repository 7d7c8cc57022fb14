import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoCode } from './errno.js';

/** Makes a directory and those above it, durably. Node's own recursive mkdir reports a read-only disk as ENOENT. */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = dirname(resolve(directory));
  makeDirectory(parent);
  try {
    mkdirSync(directory);
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
  }
  syncDirectory(parent);
}

/** Makes what was created, renamed or removed in a directory durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
