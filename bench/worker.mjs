// One process that drives the campaign's own pipeline for a given time, in slices that the parent asks for:
//   node worker.mjs reference|mixed kernel|user [timed]
// Answers {seconds} with {runs, seconds, times?}.
import process from 'node:process';
import { stage2Family } from '../dist/campaign/families/stage2.js';
import { monotonicMs } from '../dist/campaign/clock.js';
import { BURST, Fuzzer } from '../dist/campaign/fuzzing.js';
import { Pipeline } from '../dist/campaign/pipeline.js';
import { openDriver } from '../dist/driver/library.js';
import { dieWithParent } from '../dist/driver/parentDeath.js';
import { probe } from '../dist/driver/probe.js';
import { referenceArbitrary } from './reference.mjs';
import { Stopwatch, timedDriver, timedFamily } from './stages.mjs';

const BATCH = 1_000_000;
const DEADLINE_MS = 5000;

const [parent, kind, privilege, timed] = process.argv.slice(2);
dieWithParent(Number(parent));

const driver = openDriver();
const profile = probe(driver);
// A campaign has one as well.
driver.blackbox(`${process.env.FAULTLINE_BENCH_DIR}/worker-${process.pid}.blackbox`);
const shape = kind === 'mixed' ? {} : { arbitrary: () => referenceArbitrary(privilege) };
const plain = { ...stage2Family, ...shape };
const watch = new Stopwatch();
const family = timed ? timedFamily(plain, watch) : plain;
const pipeline = new Pipeline(family, timed ? timedDriver(driver, watch) : driver, {
  profile,
  plant: 'none',
  deadlineMs: DEADLINE_MS,
});
const fuzzer = new Fuzzer(pipeline);
let seed = process.pid;

/** Runs for so long; goes on after a divergence, as a campaign does. */
function work(seconds) {
  watch.times = new Stopwatch().times;
  const start = performance.now();
  const until = monotonicMs() + seconds * 1000;
  let runs = 0;
  let faults = 0;
  let from = 0;
  while (monotonicMs() < until) {
    const { next, found } = fuzzer.run({ seed, batch: 0, from, to: BATCH, until, burst: BURST });
    runs += next - from;
    from = next < BATCH ? next : 0;
    if (next >= BATCH) seed++;
    if (found !== undefined) faults++;
  }
  seed++;
  const { skips, harness, repeats } = fuzzer.takeCounts();
  return { runs, seconds: (performance.now() - start) / 1000, times: watch.times, faults, skips, harness, repeats };
}

process.on('disconnect', () => {
  driver.close();
  process.exit(0);
});
process.on('message', ({ seconds }) => process.send(work(seconds)));
process.send({ ready: true });
