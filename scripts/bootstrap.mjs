// Makes a fresh clone runnable: npm packages, C toolchain, native driver, compiled TypeScript. Does nothing, quickly,
// when all of it is current. Uses only what Node brings, and parses on old Nodes so that they get the sentence below.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isLocked, withCheckoutLock } from './checkout-lock.mjs';

const minimumNode = [20, 19];
const shownOutputLines = 40;

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...names) => join(root, ...names);
const lockDirectory = at('.bootstrap.lock');
const packagesStamp = at('node_modules', '.faultline-stamp');
const buildStamp = at('dist', '.stamp');

class BootstrapError extends Error {}

/** Brings the checkout up to date; on failure says why in one sentence and exits with 3. */
export function bootstrap() {
  try {
    checkNode();
    if (!isLocked(lockDirectory) && isCurrent()) return;
    withCheckoutLock(lockDirectory, () => say('waiting for another start in this checkout…'), bringUpToDate);
  } catch (error) {
    process.stderr.write(`HARNESS: ${error instanceof BootstrapError ? error.message : error.stack}\n`);
    process.exit(3);
  }
}

function isCurrent() {
  return packagesAreCurrent() && run('make', ['-q', '-C', 'native']).status === 0 && buildIsCurrent();
}

function bringUpToDate() {
  if (!packagesAreCurrent()) installPackages();
  if (run('make', ['-q', '-C', 'native']).status !== 0) buildNative();
  if (!buildIsCurrent()) compile();
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1])) return;
  throw new BootstrapError(`Node ${process.versions.node} is too old; install Node ${minimumNode.join('.')} or newer.`);
}

// npm writes its hidden lock file last, so packages that someone installed by hand count as current too.
function packagesAreCurrent() {
  if (readIfPresent(packagesStamp) === hash(readFileSync(at('package-lock.json')))) return true;
  const installed = at('node_modules', '.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(at('package-lock.json')).mtimeMs;
}

function installPackages() {
  say('installing npm packages…');
  const wanted = hash(readFileSync(at('package-lock.json')));
  rmSync(packagesStamp, { force: true });
  // npm takes node_modules down in its own order; without this file an interrupted removal is never taken for complete.
  rmSync(at('node_modules', '.package-lock.json'), { force: true });
  const result = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev']);
  mustSucceed(
    result,
    'npm ci failed as shown above; when the network is the cause, start again once the npm registry can be reached.',
  );
  writeFileSync(packagesStamp, wanted);
}

function buildNative() {
  installToolchain();
  say('building the native driver…');
  mustSucceed(run('make', ['-C', 'native']), 'the native driver does not build; make -C native shows the same errors.');
}

function installToolchain() {
  if (hasToolchain()) return;
  const isRoot = process.getuid() === 0;
  if (!isRoot || run('apt-get', ['--version']).status !== 0) {
    throw new BootstrapError(
      'cc, make or <linux/kvm.h> is missing; install them with: ' +
        `${isRoot ? '' : 'sudo '}apt-get install build-essential (or your distribution's equivalent).`,
    );
  }
  say('installing build-essential…');
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', 'build-essential'], aptEnvironment);
  let result = install();
  if (result.status !== 0) {
    run('apt-get', ['update'], aptEnvironment);
    result = install();
  }
  mustSucceed(result, 'build-essential cannot be installed; run: apt-get update && apt-get install build-essential');
  if (!hasToolchain())
    throw new BootstrapError('cc, make or <linux/kvm.h> is missing although build-essential is there.');
}

const aptEnvironment = { DEBIAN_FRONTEND: 'noninteractive' };

function hasToolchain() {
  const preprocess = 'echo "#include <linux/kvm.h>" | ${CC:-cc} -E -x c - >/dev/null';
  return run('make', ['--version']).status === 0 && run('sh', ['-c', preprocess]).status === 0;
}

function buildIsCurrent() {
  return readIfPresent(buildStamp) === sourceState();
}

function compile() {
  say('compiling TypeScript…');
  const state = sourceState(); // before compiling, so that an edit made meanwhile is compiled by the next start
  matchOutputsToSources();
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc');
  const result = run(process.execPath, [tsc, '-p', 'tsconfig.build.json']);
  mustSucceed(result, 'src/ does not compile; npm run build shows the same errors.');
  mkdirSync(at('dist'), { recursive: true });
  writeFileSync(buildStamp, state);
}

/** Names, sizes and times of all that the compiled output depends on: a deleted or older file changes it as well. */
function sourceState() {
  const inputs = ['tsconfig.json', 'tsconfig.build.json', 'package.json', ...filesUnder('src')];
  const lines = inputs.map((name) => {
    const { size, mtimeMs } = statSync(at(name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return hash(lines.join('\n'));
}

/**
 * A deleted source file must not live on as compiled output. tsc's incremental state does not notice outputs that are gone
 * or extra, so it is dropped whenever sources and outputs do not pair up.
 */
function matchOutputsToSources() {
  const sources = filesUnder('src').filter((name) => name.endsWith('.ts'));
  const wanted = new Set(sources.map((name) => name.replace(/^src(.*)\.ts$/, 'dist$1.js')));
  const outputs = filesUnder('dist').filter((name) => /\.js(\.map)?$/.test(name));
  const orphans = outputs.filter((name) => !wanted.has(name.replace(/\.map$/, '')));
  const missing = [...wanted].filter((name) => !outputs.includes(name));
  for (const name of orphans) rmSync(at(name), { force: true });
  if (orphans.length + missing.length > 0) rmSync(at('dist', '.tsbuildinfo'), { force: true });
}

function filesUnder(directory) {
  if (!existsSync(at(directory))) return [];
  return readdirSync(at(directory), { withFileTypes: true })
    .flatMap((entry) => {
      const name = `${directory}/${entry.name}`;
      if (entry.isDirectory()) return filesUnder(name);
      return entry.isFile() ? [name] : [];
    })
    .sort();
}

function run(command, args, environment = {}) {
  return spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}

function mustSucceed(result, sentence) {
  if (result.status === 0) return;
  const output = result.error?.message ?? `${result.stdout}${result.stderr}`;
  const lines = output.trimEnd().split('\n').slice(-shownOutputLines);
  process.stderr.write(`${lines.join('\n')}\n`);
  throw new BootstrapError(sentence);
}

function readIfPresent(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function hash(data) {
  return createHash('sha256').update(data).digest('hex');
}

function say(line) {
  // On standard error: standard output belongs to the command that follows.
  process.stderr.write(`faultline: ${line}\n`);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) bootstrap();
