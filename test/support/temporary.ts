import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

export interface TemporaryDirectory {
  /** Absolute path; a new directory for each test. */
  readonly path: string;
  /** Writes a file below it, and returns its absolute path. */
  write(name: string, content: string | Uint8Array): string;
}

/** Gives each test of the file a directory that is removed afterwards. */
export function temporaryDirectory(): TemporaryDirectory {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'faultline-test-'));
  });
  afterEach(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return {
    get path() {
      return path;
    },
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
  };
}

/**
 * Mounts a tmpfs on a new directory while `action` runs. Returns the reason when this process may not mount.
 *
 * @param options mount options, such as `size=64k` or `ro`
 */
export async function withTmpfs(
  directory: string,
  options: string,
  action: () => void | Promise<void>,
): Promise<string | undefined> {
  mkdirSync(directory, { recursive: true });
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { encoding: 'utf8' });
  if (mount.status !== 0) return `cannot mount a tmpfs: ${(mount.error?.message ?? mount.stderr).trim()}`;
  try {
    await action();
    return undefined;
  } finally {
    spawnSync('umount', ['-l', directory]);
  }
}
