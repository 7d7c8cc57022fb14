// Shows what a focus is worth: how often the least exercised rules decide, and how many pairs of configuration values are seen,
// in the same number of seconds with the ordinary distribution alone and with a planner that prefers what is rare. Both take turns
// in one process, so that what else the machine does hits them alike:
//   node bench/focus.mjs [--seconds 60] [--seed 1]
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Examples } from '../dist/campaign/coverage/examples.js';
import { PairTotals, pairsSeen, possiblePairs } from '../dist/campaign/coverage/pairs.js';
import { Planner } from '../dist/campaign/coverage/planner.js';
import { stage2Family } from '../dist/campaign/families/stage2.js';
import { Fuzzer } from '../dist/campaign/fuzzing.js';
import { Pipeline } from '../dist/campaign/pipeline.js';
import { BATCH_SIZE, batchSeed } from '../dist/campaign/seeds.js';
import { openDriver } from '../dist/driver/library.js';
import { probe } from '../dist/driver/probe.js';

const DEADLINE_MS = 5000;
const BURST = 16;
/** Rules that are shown, the rarest first. */
const SHOWN = 8;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const seconds = Number(values.seconds);
const campaignSeed = Number(values.seed);
const driver = openDriver();
const profile = probe(driver);
const applicable = stage2Family.applicable(profile);
const possible = possiblePairs(stage2Family.fields(profile));

/** One campaign of one worker, in slices. */
class Contender {
  spentMs = 0;
  scenarios = 0;
  faults = 0;
  batch = 0;
  decided = new Map();
  pairs = new PairTotals(possible);
  examples = new Examples();

  constructor(planner) {
    this.planner = planner;
    this.fuzzer = new Fuzzer(new Pipeline(stage2Family, driver, { profile, plant: 'none', deadlineMs: DEADLINE_MS }));
  }

  runBatch() {
    const batch = this.batch++;
    const counted = { pairs: this.pairs, examples: this.examples, decided: (rule) => this.decided.get(rule) ?? 0 };
    const focus = this.planner?.next(counted);
    const slice = { seed: batchSeed(campaignSeed, batch), batch, to: BATCH_SIZE, until: Infinity, burst: BURST, focus };
    const start = performance.now();
    for (let from = 0; from < BATCH_SIZE;) {
      const { next, found } = this.fuzzer.run({ ...slice, from });
      if (found !== undefined) this.faults++;
      from = next;
    }
    this.take();
    this.spentMs += performance.now() - start;
  }

  take() {
    const { scenarios, decided, pairs, examples } = this.fuzzer.takeCounts();
    this.scenarios += scenarios;
    for (const [rule, count] of Object.entries(decided)) this.decided.set(rule, (this.decided.get(rule) ?? 0) + count);
    this.pairs.add(pairs);
    this.examples.add(examples);
  }
}

const without = new Contender(undefined);
const focused = new Contender(new Planner(applicable));
while (without.spentMs < seconds * 1000 || focused.spentMs < seconds * 1000) {
  (without.spentMs <= focused.spentMs ? without : focused).runBatch();
}
driver.close();

const say = (line) => process.stdout.write(`${line}\n`);
const of = ({ decided }, rule) => decided.get(rule) ?? 0;
const row = (name, a, b) => {
  const ratio = a === 0 ? '' : (b / a).toFixed(2);
  say(`  ${name.padEnd(34)}${a.toFixed(0).padStart(10)}${b.toFixed(0).padStart(10)}${ratio.padStart(9)}`);
};
say(`${seconds} s each, one worker, seed ${campaignSeed}`);
say(`  ${''.padEnd(34)}${'ordinary'.padStart(10)}${'focused'.padStart(10)}${'ratio'.padStart(9)}`);
row('scenarios', without.scenarios, focused.scenarios);
const seen = (contender) => pairsSeen(contender.pairs.toCoverage());
row(`pairs seen, of ${seen(without).possible}`, seen(without).seen, seen(focused).seen);
const rare = (contender, enough) => contender.pairs.rare(enough).length;
for (const enough of [10, 100])
  row(`pairs seen less than ${enough} times`, rare(without, enough), rare(focused, enough));
const rarest = [...applicable].sort((a, b) => of(without, a) - of(without, b)).slice(0, SHOWN);
for (const rule of rarest) row(rule, of(without, rule), of(focused, rule));
const least = (contender) => Math.min(...applicable.map((rule) => of(contender, rule)).filter((count) => count > 0));
row('least exercised rule', least(without), least(focused));
if (without.faults + focused.faults > 0) say(`divergences: ${without.faults} and ${focused.faults}`);
