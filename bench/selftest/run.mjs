// The kernel's own page_fault_test and this project's cases for its rows, timed in one boot of one arm64 kernel:
//   node bench/selftest/run.mjs <kernel source> [--target qemu:arm64] [--rounds 20]
// <kernel source> is an unpacked tree: apt-get source, or the tar archive of a linux-source package.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stage2Family } from '../../dist/campaign/families/stage2.js';
import { Pipeline } from '../../dist/campaign/pipeline.js';
import { loadCases } from '../../dist/corpus/load.js';
import { probe } from '../../dist/driver/probe.js';
import { agentPath } from '../../dist/driver/remote/agentFile.js';
import { prepareTarget } from '../../dist/driver/remote/openTarget.js';
import { connectAgent } from '../../dist/driver/remote/remoteDriver.js';
import { bootVm, waitForAgent } from '../../dist/driver/targets/qemu.js';
import { parseTarget } from '../../dist/driver/targets/target.js';

const CROSS = 'aarch64-linux-gnu-';
const CASES = fileURLToPath(new URL('../../corpus/stage2/page-fault-test-arm64', import.meta.url));
/** Under emulation the selftest takes some seconds. */
const TIMEOUT_MS = 300_000;
const WANTED = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { target: { type: 'string', default: 'qemu:arm64' }, rounds: { type: 'string', default: '20' } },
});
const [source] = positionals;
if (source === undefined || !existsSync(join(source, 'tools/testing/selftests/kvm'))) {
  process.stderr.write('usage: node bench/selftest/run.mjs <kernel source>, an unpacked linux-source package\n');
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'faultline-selftest-'));
try {
  process.exitCode = await main();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function main() {
  const say = (line) => process.stderr.write(`${line}\n`);
  const target = await prepareTarget(parseTarget(values.target), say);
  say('building page_fault_test');
  const tree = resolve(source);
  const executable = (name, flags) => ({ name, mode: 0o100755, contents: buildSelftest(tree, name, flags) });
  const files = [executable('selftest', ''), executable('selftest-debug', '-DDEBUG')];
  const program = join(directory, 'init');
  const init = fileURLToPath(new URL('init.c', import.meta.url));
  execFileSync(`${CROSS}gcc`, ['-O2', '-static', '-Wall', '-Wextra', '-Werror', '-o', program, init]);
  say(`booting ${values.target}`);
  const vm = await bootVm(target, { agent: agentPath(target.arch), directory, before: { program, files } });
  try {
    await waitForAgent(vm, TIMEOUT_MS);
    const theirs = selftestRuns(readFileSync(vm.consolePath, 'utf8'));
    return compare(theirs, ours(connectAgent(vm, { name: values.target, marginMs: 60_000 })));
  } finally {
    vm.kill();
  }
}

/** A static executable from the source as it is, kept for the next time. Before 6.14 the folder was named aarch64. */
function buildSelftest(tree, name, flags) {
  const kvm = join(tree, 'tools/testing/selftests/kvm');
  const folder = existsSync(join(kvm, 'arm64')) ? 'arm64' : 'aarch64';
  const output = join(tree, `faultline-${name}`);
  const test = join(output, folder, 'page_fault_test');
  if (existsSync(test)) return readFileSync(test);
  const make = ['ARCH=arm64', `CROSS_COMPILE=${CROSS}`];
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('make', ['-C', tree, ...make, 'headers'], quiet);
  const own = [`OUTPUT=${output}`, `EXTRA_CFLAGS=${flags}`, 'LDFLAGS=-static -pthread'];
  execFileSync('make', ['-C', kvm, ...make, ...own, test], quiet);
  return readFileSync(test);
}

/** What the runs that were timed took, and the rows that the run with debug messages passed before it ended. */
function selftestRuns(log) {
  const runs = [...log.matchAll(/selftest-run (\w+) status (\d+) us (\d+)/g)].map(([, name, status, us]) => {
    return { name, passed: Number(status) === 0, ms: Number(us) / 1000 };
  });
  // Every row is run in each guest mode (granule and address width) that the machine has.
  const names = [...log.matchAll(/^Test: (.*?)\r?$/gm)].map(([, name]) => name);
  const rows = new Set(names).size;
  const skipped = [...log.matchAll(/^Skipped\.\r?$/gm)].length;
  if (runs.length === 0 || rows === 0)
    throw new Error(`the selftest said nothing that is understood:\n${log.slice(-2000)}`);
  return { runs, rows, executed: names.length, skipped };
}

/** Each case once to see that it matches, and then in rounds. */
function ours(driver) {
  const profile = probe(driver, values.target);
  const { cases, errors } = loadCases([CASES], { stage2: stage2Family.parse });
  if (errors.length > 0) throw new Error(errors[0].line);
  // The selftest runs at EL1 only; the case of an instruction that EL0 has as well comes twice.
  const isRow = ({ case: { note, scenario } }) => /^Row \d+ /.test(note) && scenario.config.privilege === 'kernel';
  const rows = cases.filter(isRow);
  const pipeline = new Pipeline(stage2Family, driver, { profile, plant: 'none', deadlineMs: 5000 });
  const verdicts = rows.map(({ file, case: { scenario } }) => ({ file, verdict: pipeline.run(scenario, 0n, false) }));
  const scenarios = rows.map(({ case: { scenario } }) => scenario);
  const ids = scenarios.map((_, i) => BigInt(i));
  const rounds = Number(values.rounds);
  const start = performance.now();
  for (let i = 0; i < rounds; i++) pipeline.runBurst(scenarios, ids);
  return { verdicts, ms: (performance.now() - start) / rounds };
}

function compare({ runs, rows, executed, skipped }, { verdicts, ms }) {
  const print = (line) => process.stdout.write(`${line}\n`);
  const failed = verdicts.filter(({ verdict }) => verdict.kind !== 'match');
  for (const { file, verdict } of failed) print(`${file}: ${JSON.stringify(verdict)}`);
  const timed = runs.filter(({ name }) => name === 'timed').map((run) => run.ms);
  const passed = runs.every((run) => run.passed);
  const theirs = Math.min(...timed) / executed;
  const own = ms / verdicts.length;
  print(
    `page_fault_test  ${rows} rows in ${executed / rows} modes, ${passed ? 'all pass' : 'NOT ALL PASS'}, ${skipped} skipped; ${theirs.toFixed(2)} ms a row`,
  );
  print(
    `faultline        ${verdicts.length} cases, ${verdicts.length - failed.length} match; ${own.toFixed(2)} ms a case`,
  );
  const ratio = theirs / own;
  print(`ratio            ${ratio.toFixed(1)}   wanted: at least ${WANTED}${ratio >= WANTED ? '' : ', TOO LOW'}`);
  return failed.length === 0 && passed && verdicts.length === rows && ratio >= WANTED ? 0 : 1;
}
