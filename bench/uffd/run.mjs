// The kernel's own uffd-unit-tests and this project's uffd family, taking turns on this machine:
//   node bench/uffd/run.mjs <kernel source> [--rounds 3] [--seconds 5]
// <kernel source> is an unpacked tree: apt-get source, or the tar archive of a linux-source package.
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { openFamily } from './family.mjs';
import { buildUnitTests, hasUnitTests, runUnitTests } from './unitTests.mjs';

const WANTED = 10;
const USAGE =
  'usage: node bench/uffd/run.mjs <kernel source, an unpacked linux-source package> [--rounds 3] [--seconds 5]';

const { source, rounds, seconds } = options();
try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`HARNESS: ${error.message}\n`);
  process.exitCode = 3;
}

function options() {
  try {
    const known = { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '5' } };
    const { values, positionals } = parseArgs({ allowPositionals: true, options: known });
    const [tree, ...more] = positionals;
    const asked = { source: tree, rounds: Number(values.rounds), seconds: Number(values.seconds) };
    if (tree !== undefined && more.length === 0 && hasUnitTests(tree) && asked.rounds > 0 && asked.seconds > 0)
      return asked;
  } catch {
    // The usage says it all.
  }
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

function main() {
  process.stderr.write('building uffd-unit-tests\n');
  const program = buildUnitTests(resolve(source));
  const family = openFamily();
  const rows = [];
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    rows.push({ theirs: runUnitTests(program), cases: family.cases(seconds), random: family.random(seconds) });
  }
  family.close();
  return report(rows);
}

function report(rows) {
  const [{ theirs, cases }] = rows;
  const middle = (pick) => rows.map(pick).sort((a, b) => a - b)[Math.floor(rows.length / 2)];
  const rates = {
    tests: middle((row) => row.theirs.passed / row.theirs.seconds),
    cases: middle((row) => row.cases.rate),
    scenarios: middle((row) => row.random.rate),
    decisions: middle((row) => row.random.decisions),
  };
  const faults = rows.reduce((sum, { random }) => sum + random.faults, 0);
  const spent = middle((row) => row.theirs.seconds).toFixed(1);
  say(`one process each, taking turns; middle of ${rows.length} rounds`);
  say('');
  say('uffd-unit-tests: a check is one test on one kind of memory, as its own totals count them');
  say(`  ${counts(theirs)}, in ${spent} s`);
  row('tests', rates.tests);
  say(
    'faultline, the same assertions: a check is one case of corpus/uffd/unit-tests, predicted, executed and compared',
  );
  say(`  ${counts(cases)}`);
  row('cases', rates.cases);
  ratio('cases / tests', rates.cases / rates.tests, WANTED);
  say('faultline, random scenarios of a campaign: a check is one decision of a rule that was compared');
  say(`  ${faults === 0 ? 'every scenario matches' : `${faults} scenarios DIVERGE`}`);
  row('scenarios', rates.scenarios);
  row('checks', rates.decisions);
  ratio('checks / tests', rates.decisions / rates.tests);
  const clean = rows.every((one) => one.theirs.failed === 0 && one.cases.failed === 0) && faults === 0;
  return clean && rates.cases / rates.tests >= WANTED ? 0 : 1;
}

function counts({ passed, failed, skipped }) {
  return `${passed} pass, ${failed} fail, ${skipped} are skipped`;
}

function row(name, rate) {
  const text = rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en');
  say(`  ${`${name} per second`.padEnd(22)}${text.padStart(12)}`);
}

function ratio(name, value, wanted) {
  const judgement = wanted === undefined ? '' : `   wanted: at least ${wanted}${value >= wanted ? '' : ', TOO LOW'}`;
  say(`  ${`ratio ${name}`.padEnd(22)}${Math.round(value).toLocaleString('en').padStart(12)}${judgement}`);
  say('');
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
