// This project's side: one process that drives the campaign's own pipeline for the uffd family.
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '../../dist/campaign/clock.js';
import { uffdFamily } from '../../dist/campaign/families/uffd.js';
import { BURST, Fuzzer } from '../../dist/campaign/fuzzing.js';
import { Pipeline } from '../../dist/campaign/pipeline.js';
import { loadCases } from '../../dist/corpus/load.js';
import { openDriver } from '../../dist/driver/library.js';
import { probeUffd } from '../../dist/driver/probe/uffd.js';

const CASES = fileURLToPath(new URL('../../corpus/uffd/unit-tests', import.meta.url));
const BATCH = 1_000_000;
const DEADLINE_MS = 5000;

/** Opens the driver of this machine. */
export function openFamily() {
  const driver = openDriver();
  const profile = probeUffd(driver, 'local');
  const pipeline = new Pipeline(uffdFamily, driver, { profile, plant: 'none', deadlineMs: DEADLINE_MS });
  const fuzzer = new Fuzzer(pipeline);
  const { cases, errors } = loadCases([CASES], { uffd: uffdFamily.parse });
  if (errors.length > 0) throw new Error(errors[0].line);
  let seed = 1;
  return {
    cases: (seconds) => runCases(pipeline, cases, seconds),
    random: (seconds) => runRandom(fuzzer, seed++, seconds),
    close: () => {
      driver.close();
    },
  };
}

/** The cases of the unit tests in rounds; what cannot run on this machine costs no time and counts as a skip. */
function runCases(pipeline, cases, seconds) {
  const scenarios = cases.map(({ case: { scenario } }) => scenario);
  const ids = scenarios.map((_, i) => BigInt(i));
  const start = performance.now();
  let rounds = 0;
  let outcomes = [];
  for (; performance.now() - start < seconds * 1000; rounds++) outcomes = pipeline.runBurst(scenarios, ids);
  const spent = (performance.now() - start) / 1000;
  const count = (kind) => outcomes.filter(({ verdict }) => verdict.kind === kind).length;
  const [passed, skipped] = [count('match'), count('skip')];
  return { passed, skipped, failed: cases.length - passed - skipped, rate: (passed * rounds) / spent };
}

/** Random scenarios as a campaign makes them. */
function runRandom(fuzzer, seed, seconds) {
  const start = performance.now();
  const until = monotonicMs() + seconds * 1000;
  let faults = 0;
  for (let from = 0; monotonicMs() < until;) {
    const { next, found } = fuzzer.run({ seed, batch: 0, from, to: BATCH, until, burst: BURST });
    if (found !== undefined) faults++;
    from = next;
  }
  const spent = (performance.now() - start) / 1000;
  const { scenarios, skips, decided } = fuzzer.takeCounts();
  const executed = scenarios - sum(Object.values(skips));
  return { rate: executed / spent, decisions: sum(Object.values(decided)) / spent, faults };
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
