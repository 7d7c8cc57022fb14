// Checks (--check) or rewrites (--write) the format of everything: prettier, and clang-format for C.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root, runTool } from './run-tool.mjs';

// Other releases of clang-format lay the same code out differently.
const clangFormatMajor = 15;

const mode = process.argv[2];
if (mode !== '--check' && mode !== '--write') {
  process.stderr.write('HARNESS: usage: node scripts/format.mjs --check|--write\n');
  process.exit(3);
}

const codes = [
  runTool('prettier', [
    mode,
    '--cache',
    '--cache-location',
    join(root, 'dist/.prettiercache'),
    '--log-level',
    'warn',
    '.',
  ]),
  formatC(mode),
];
process.exitCode = Math.max(...codes);

function formatC(mode) {
  const files = cFiles(join(root, 'native'));
  if (files.length === 0) return 0;
  const args = mode === '--write' ? ['-i', ...files] : ['--dry-run', '-Werror', ...files];
  const packaged = join(root, 'node_modules', 'clang-format', 'bin', `${process.platform}_${process.arch}`);
  if (existsSync(packaged)) return runTool('clang-format', args);
  // The npm package has no binary for this machine (arm64 Linux, for one): use the distribution's.
  const system = `clang-format-${clangFormatMajor}`;
  const result = spawnSync(system, args, { stdio: 'inherit' });
  if (result.error === undefined) return result.status ?? 3;
  process.stderr.write(`HARNESS: ${system} is missing; install it with: apt-get install ${system}\n`);
  return 3;
}

function cFiles(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .filter((name) => /\.[ch]$/.test(name) && !name.startsWith('build/') && !name.includes('.generated.'))
    .map((name) => join(directory, name))
    .sort();
}
