// Measures, in one run, how much of the machine the pipeline leaves to the system calls that it is for:
//   node bench/run.mjs [--rounds 21] [--seconds 0.4] [--workers N] [--warm-up 6] [--privilege kernel|user]
// All contenders take turns in each round, so that what else the machine does hits them alike; medians of the rounds count.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bare, pipeline } from './contenders.mjs';
import { STAGES } from './stages.mjs';

const WANTED = { bare: 0.7, fresh: 10 };
const native = fileURLToPath(new URL('../native', import.meta.url));

const values = options();
const rounds = positive('rounds');
const seconds = positive('seconds');
const warmUp = positive('warm-up');
const cpus = Array.from({ length: positive('workers') }, (_, cpu) => cpu);
const privileges = values.privilege === undefined ? ['kernel', 'user'] : [values.privilege];

const make = spawnSync('make', ['-s', '-C', native, 'bench'], { stdio: ['ignore', 'ignore', 'inherit'] });
if (make.status !== 0) fail('the bare loop does not build: make -C native bench');
const directory = mkdtempSync(join(tmpdir(), 'faultline-bench-'));
let low = false;
try {
  say(`${cpus.length} processes, one per CPU; median of ${rounds} rounds of ${seconds} s each, taking turns\n`);
  const measured = [];
  for (const privilege of privileges) {
    const rates = await compare(privilege);
    measured.push(rates);
    report(`reference scenario at ${privilege === 'kernel' ? 'CPL0' : 'CPL3'}`, rates, privileges.length === 1);
  }
  if (measured.length > 1)
    report('half of them at CPL0 and half at CPL3, as campaigns make them', mixture(measured), true);
  await dissect();
} catch (error) {
  rmSync(directory, { recursive: true, force: true });
  fail(error instanceof Error ? error.message : String(error));
}
rmSync(directory, { recursive: true, force: true });
process.exitCode = low ? 1 : 0;

function options() {
  const text = (value) => ({ type: 'string', default: String(value) });
  const workers = text(availableParallelism());
  const known = { rounds: text(21), seconds: text(0.4), 'warm-up': text(6), workers, privilege: { type: 'string' } };
  try {
    const { values } = parseArgs({ options: known });
    if (['kernel', 'user', undefined].includes(values.privilege)) return values;
    return fail(`--privilege: expected kernel or user, got ${values.privilege}`, 2);
  } catch (error) {
    return fail(error.message, 2);
  }
}

function positive(name) {
  const number = Number(values[name]);
  return number > 0 ? number : fail(`--${name}: expected a positive number, got ${values[name]}`, 2);
}

/** Rates of a stream of scenarios that is taken from two in equal parts, round by round. */
function mixture([first, second]) {
  const mix = (name) => first[name].map((rate, i) => 2 / (1 / rate + 1 / second[name][i]));
  return Object.fromEntries(Object.keys(first).map((name) => [name, mix(name)]));
}

/** The reference scenario by all three contenders, at one guest privilege. */
async function compare(privilege) {
  const contenders = {
    pipeline: await pipeline(cpus, 'reference', privilege, false, directory),
    bare: bare(cpus, privilege, false),
    fresh: bare(cpus, privilege, true),
  };
  return takeTurns(contenders, (name, answer) => {
    if (name === 'pipeline') checkClean(answer.answers);
  });
}

/** @param decides whether the exit code depends on these ratios. */
function report(title, rates, decides) {
  say(`${title}, scenarios per second`);
  row('whole pipeline', rates.pipeline);
  row('bare C loop', rates.bare);
  row('one fresh VM each', rates.fresh);
  // Of each round its own ratio: what else the machine did in it hits both sides.
  ratio('pipeline / bare', median(rates.pipeline.map((rate, i) => rate / rates.bare[i])), WANTED.bare, decides);
  ratio('pipeline / fresh', median(rates.pipeline.map((rate, i) => rate / rates.fresh[i])), WANTED.fresh, decides);
  say('');
}

/** Where the time of random scenarios and of the reference goes. */
async function dissect() {
  const contenders = {
    mixed: await pipeline(cpus, 'mixed', 'kernel', false, directory),
    'mixed timed': await pipeline(cpus, 'mixed', 'kernel', true, directory),
    'reference timed': await pipeline(cpus, 'reference', 'kernel', true, directory),
  };
  const answers = { 'mixed timed': [], 'reference timed': [] };
  const rates = await takeTurns(contenders, (name, answer) => answers[name]?.push(...answer.answers));
  say('random scenarios of a campaign, scenarios per second');
  row('whole pipeline', rates.mixed);
  say('\nµs per scenario'.padEnd(22) + [...STAGES, 'rest', 'sum'].map((stage) => stage.padStart(10)).join(''));
  for (const name of ['reference timed', 'mixed timed']) stages(name.replace(' timed', ''), answers[name]);
}

function stages(name, answers) {
  const sum = (pick) => answers.reduce((total, answer) => total + pick(answer), 0);
  const runs = sum((answer) => answer.runs);
  const each = STAGES.map((stage) => (sum((answer) => answer.times[stage]) * 1000) / runs);
  const whole = (sum((answer) => answer.seconds) * 1_000_000) / runs;
  const rest = whole - each.reduce((total, time) => total + time, 0);
  say(`  ${name}`.padEnd(21) + [...each, rest, whole].map((time) => time.toFixed(1).padStart(10)).join(''));
}

/** Every contender in every round; the first of all only warms up. */
async function takeTurns(contenders, seen) {
  const rates = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (const contender of Object.values(contenders)) await contender.measure(warmUp);
  for (let round = 0; round < rounds; round++) {
    // There and back again: whoever measures first after a VM was destroyed pays for what the kernel puts off until later.
    const order = Object.entries(contenders);
    for (const [name, contender] of round % 2 === 0 ? order : order.reverse()) {
      const answer = await contender.measure(seconds);
      rates[name].push(answer.rate);
      seen(name, answer);
    }
  }
  for (const contender of Object.values(contenders)) contender.close?.();
  return rates;
}

/** A pipeline that fails early is fast. */
function checkClean(answers) {
  for (const { faults, skips, harness } of answers) {
    const [trouble] = [...Object.keys(harness), ...Object.keys(skips)];
    if (faults > 0 || trouble !== undefined)
      throw new Error(`the reference scenario does not match: ${trouble ?? 'a divergence'}`);
  }
}

/** The middle of the numbers, or what is at another place between the smallest (0) and the largest (1). */
function median(numbers, place = 0.5) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * place;
  return (sorted[Math.floor(at)] + sorted[Math.ceil(at)]) / 2;
}

function row(name, rates) {
  const count = (rate) => Math.round(rate).toLocaleString('en');
  const half = `half of the rounds from ${count(median(rates, 0.25))} to ${count(median(rates, 0.75))}`;
  say(`  ${name.padEnd(20)}${count(median(rates)).padStart(10)}   ${half}`);
}

function ratio(name, value, wanted, decides) {
  const met = value >= wanted;
  low ||= decides && !met;
  const judgement = decides ? `   wanted: at least ${wanted}${met ? '' : ', TOO LOW'}` : '';
  say(`  ${name.padEnd(20)}${value.toFixed(2).padStart(10)}${judgement}`);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function fail(message, code = 3) {
  process.stderr.write(`HARNESS: ${message}\n`);
  process.exit(code);
}
