import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a tool of node_modules/.bin with this terminal's input and output.
 *
 * @param {string} name the tool's name in node_modules/.bin
 * @param {string[]} args
 * @param {string} cwd the directory it runs in
 * @returns {number} its exit code; 3 when it could not be started
 */
export function runTool(name, args, cwd = root) {
  const tool = join(root, 'node_modules', '.bin', name);
  if (!existsSync(tool)) {
    process.stderr.write(`HARNESS: ${name} is not installed; run: node scripts/bootstrap.mjs\n`);
    return 3;
  }
  return spawnSync(tool, args, { cwd, stdio: 'inherit' }).status ?? 3;
}
