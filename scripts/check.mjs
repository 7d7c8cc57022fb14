// Runs every static check, in order, and shows the output of those that fail.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { root } from './run-tool.mjs';

const checks = ['types', 'lint', 'format', 'floors', 'native'];

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
const failed = checks.filter((name) => !passes(name));
if (failed.length > 0) {
  process.stderr.write(`checks failed: ${failed.join(', ')} (each alone: npm run check:<name>)\n`);
  process.exitCode = 1;
}

function passes(name) {
  const command = scripts[`check:${name}`];
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: root,
    env: { ...process.env, PATH },
    shell: true,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  process.stdout.write(`check ${name}: ${status === 0 ? 'ok' : `FAILED (${command})`}\n`);
  if (status !== 0) process.stdout.write(`${stdout}${stderr}`);
  return status === 0;
}
