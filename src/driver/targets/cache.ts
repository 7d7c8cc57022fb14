import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import { errnoCode } from '../../util/errno.js';

/** Where things are kept that can be had again. */
export function cacheDirectory(kind: 'kernels' | 'snapshots', env: NodeJS.ProcessEnv = process.env): string {
  const given = env['XDG_CACHE_HOME'];
  const base = given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache');
  return join(base, 'faultline', kind);
}

/** Writes a file so that a reader finds the old or the new text, and never a part. */
export function replaceFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

const TEMPORARY = /^\.(?:new|old)-(\d+)-/;

/**
 * Makes a directory that is there completely or not at all, also when several processes make it at once: the first one wins.
 *
 * @param fill gets a temporary directory to fill.
 */
export async function installDirectory(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const parent = dirname(path);
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const temporary = mkdtempSync(join(parent, `.new-${process.pid}-`));
  try {
    await fill(temporary);
    // What mkdtemp makes only its owner may enter.
    chmodSync(temporary, 0o755);
    renameSync(temporary, path);
  } catch (error) {
    const lost = errnoCode(error) === 'ENOTEMPTY' || errnoCode(error) === 'EEXIST';
    if (!lost || !existsSync(path)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Removes what processes that were killed have left. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}
