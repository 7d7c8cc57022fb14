// Writes docs/rules.md, the model's rules as `faultline rules` prints them. Run after a build: `node scripts/rules.mjs`.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './run-tool.mjs';

const program = join(root, 'dist', 'cli', 'main.js');
const { status, stdout } = spawnSync(process.execPath, [program, 'rules'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (status === 0) writeFileSync(join(root, 'docs', 'rules.md'), stdout);
else process.exitCode = 3;
