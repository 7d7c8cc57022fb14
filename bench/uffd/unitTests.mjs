// The kernel's uffd-unit-tests: built from a source tree, run as it is, its own totals read.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const ARCH = { x64: 'x86', arm64: 'arm64' };
const FOLDER = 'tools/testing/selftests/mm';
/** A test of it that waits for a fault that never comes waits for ever. */
const TIMEOUT_MS = 600_000;

/** Whether a folder is a kernel's source with the program in it. */
export function hasUnitTests(tree) {
  return existsSync(join(tree, FOLDER, 'uffd-unit-tests.c')) && existsSync(join(tree, 'Makefile'));
}

/** The program's path; what was built before is kept. */
export function buildUnitTests(tree) {
  const output = join(tree, 'faultline-uffd');
  const program = join(output, 'uffd-unit-tests');
  if (existsSync(program)) return program;
  mkdirSync(output, { recursive: true });
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('make', ['-C', tree, `ARCH=${ARCH[process.arch]}`, 'headers'], quiet);
  execFileSync('make', ['-C', join(tree, FOLDER), `OUTPUT=${output}`, program], quiet);
  return program;
}

/** Runs the program once. It counts one test for each kind of memory, and the handshake by either way of opening. */
export function runUnitTests(program) {
  const start = performance.now();
  const { stdout, stderr, error } = spawnSync(program, { encoding: 'utf8', timeout: TIMEOUT_MS });
  const seconds = (performance.now() - start) / 1000;
  if (error !== undefined) throw new Error(`${program}: ${error.message}`);
  // TAP's last line has colons; older programs have a line of their own with equals signs.
  const totals = stdout.split('\n').find((line) => /\bpass[:=]\d/.test(line)) ?? '';
  const [passed, failed, skipped] = ['pass', 'fail', 'skip'].map((word) => numberAfter(totals, word));
  if (passed === undefined) throw new Error(`uffd-unit-tests said nothing that is understood:\n${stdout}${stderr}`);
  return { passed, failed, skipped, seconds };
}

function numberAfter(line, word) {
  const [, digits] = new RegExp(`\\b${word}[:=](\\d+)`).exec(line) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
