import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './types.js';

const HASH_DIGITS = 16;

/**
 * Findings that are not in the corpus yet, one file each in `pending/` of the run. A finding is written here before anything
 * else is done about it, and taken away once the corpus has it: whatever is left after a kill is what would have been lost.
 */
export class Journal {
  private readonly directory: string;

  constructor(runDir: string) {
    this.directory = join(runDir, 'pending');
    mkdirSync(this.directory, { recursive: true });
  }

  /** Durable when it returns. */
  write(finding: Finding): string {
    const file = this.fileOf(finding.signature);
    const temporary = `${file}.tmp`;
    const handle = openSync(temporary, 'w');
    try {
      writeFileSync(handle, `${JSON.stringify(finding, undefined, 2)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    this.syncDirectory();
    return file;
  }

  remove(signature: string): void {
    rmSync(this.fileOf(signature), { force: true });
  }

  private fileOf(signature: string): string {
    const hash = createHash('sha256').update(signature).digest('hex').slice(0, HASH_DIGITS);
    return join(this.directory, `${hash}.json`);
  }

  private syncDirectory(): void {
    const handle = openSync(this.directory, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}
