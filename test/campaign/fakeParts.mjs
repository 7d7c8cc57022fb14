// A family and a driver for the campaign's tests, loaded by workers in the place of KVM. A scenario is a list of numbers, and
// executing it doubles each. FAKE_FAULTS (JSON) says what goes wrong:
//   wrong: [n, …]     doubling one of these numbers gives a wrong answer
//   leak: n           wrong only when this process has executed the number n before
//   flaky: n          wrong every other time
//   crash: n          SIGKILL while executing n
//   spin: n           never returns from executing n
//   hang: n           the driver reports a hang in the step n
//   throw: n          the model throws on n
//   skip: n           the model skips scenarios that begin with n
//   loose: true       the shape of a fault changes when the scenario gets smaller
//   slowMs            time that each scenario takes
//   canaries: [plant] the deliberate faults that the family names for the canary
//   trace: path     the id of each scenario of a batch is appended to this file when it has been executed
//   startDeath: true  the worker dies at its start
//   startOnce: path   only one worker starts: the one that could create this file
//   join: {at, procs} the process goes into a cgroup when it executes the number
//   freeze: path      and is frozen there, so that SIGKILL does not end it
//   hog: true         and takes more memory than it gets there
//   kmsg: n           the kernel log gets a report about this process when it executes the number
//   kmsgOnce: path    only as long as there is no such file, which is written then
//   lose: n           the target is lost with all that is in flight when one of these holds the number n
//   loseSilently: true  and gives no sign of life
//   loseOnce: path    it is lost only as long as there is no such file, which is written then
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import process from 'node:process';
import fc from 'fast-check';
import { TargetLost } from '../../dist/driver/remote/lost.js';

const HEADER_BYTES = 72; // struct ftl_request
const ID_OFFSET = 16;
const SIZE_OFFSET = 8;
const BLACK_BOX_BYTES = 8192;

const faults = JSON.parse(process.env['FAKE_FAULTS'] ?? '{}');
const rules = ['double-even', 'double-odd'];
const ruleOf = (n) => rules[n % 2];

const family = {
  name: 'fake',
  rules: rules.map((id) => ({ id, tier: 'contract', sentence: `${id} doubles`, source: 'arithmetic' })),
  parse: (json) => json,
  applicable: () => [...rules, 'never'],
  arch: () => 'fake',
  arbitrary: () => fc.record({ steps: fc.array(fc.nat(99), { maxLength: 12 }) }, { noNullPrototype: true }),
  predict(scenario) {
    if (scenario.steps.includes(faults.throw)) throw new Error('the model is broken');
    const decided = new Map();
    for (const n of scenario.steps) decided.set(ruleOf(n), (decided.get(ruleOf(n)) ?? 0) + 1);
    const skip = faults.skip !== undefined && scenario.steps[0] === faults.skip ? 'no such number here' : undefined;
    const decisions = rules.map((id) => decided.get(id) ?? 0);
    return { skip, steps: scenario.steps.map((n) => 2 * n), decided, decisions };
  },
  encode(scenario, { id, freshVm, plant }, requests) {
    const body = Buffer.from(JSON.stringify({ steps: scenario.steps, freshVm, plant }));
    const start = requests.append(HEADER_BYTES + body.length);
    requests.view.setBigUint64(start + ID_OFFSET, id, true);
    requests.view.setUint32(start + SIZE_OFFSET, HEADER_BYTES + body.length, true);
    body.copy(requests.frame(requests.count - 1), HEADER_BYTES);
  },
  decode: (response) => JSON.parse(Buffer.from(response).toString()),
  judge(scenario, expectation, { results, hungAt }) {
    if (hungAt !== undefined) return { kind: 'hang', step: hungAt, detail: 'it did not end' };
    const mismatches = scenario.steps.flatMap((n, step) => {
      const expected = expectation.steps[step];
      if (results[step] === expected) return [];
      return [{ rule: ruleOf(n), step, expected: String(expected), observed: String(results[step]) }];
    });
    return mismatches.length === 0 ? { kind: 'match' } : { kind: 'divergence', mismatches };
  },
  *simplify(scenario) {
    for (let i = 0; i < scenario.steps.length; i++) yield { steps: scenario.steps.filter((_, at) => at !== i) };
  },
  size: ({ steps }) => steps.length,
  configuration: ({ steps }) => (steps.length > 6 ? 'long' : 'short'),
  shape: (scenario, mismatch) => {
    if (mismatch === undefined) return 'any';
    const where = faults.loose ? `, step ${mismatch.step} of ${scenario.steps.length}` : '';
    return `step ${scenario.steps[mismatch.step]}${where}`;
  },
  timeline: (scenario, expectation, { results }) =>
    scenario.steps.map((n, i) => ({
      step: `double ${n}`,
      expected: [String(expectation.steps[i])],
      observed: [String(results[i])],
    })),
  outcomes: {
    documented: () => [
      { name: 'DOUBLE even' },
      { name: 'DOUBLE never' },
      { name: 'DOUBLE half', impossible: 'the numbers are whole' },
    ],
    count(scenario, { results }, add) {
      results.forEach((_, i) => add(scenario.steps[i] % 2 === 0 ? 'DOUBLE even' : 'DOUBLE odd'));
    },
  },
  canaries: () => faults.canaries ?? [],
  withPlant(rule) {
    if (!rules.includes(rule)) throw new RangeError(`there is no rule ${rule}`);
    const predict = (scenario, profile) => {
      const expectation = family.predict(scenario, profile);
      return {
        ...expectation,
        steps: expectation.steps.map((n, i) => (ruleOf(scenario.steps[i]) === rule ? n + 1 : n)),
      };
    };
    return { ...family, predict };
  },
};

class FakeDriver {
  seen = new Set();
  tosses = 0;
  box = Buffer.alloc(BLACK_BOX_BYTES);

  blackbox(path) {
    this.handle = openSync(path, 'w');
    ftruncateSync(this.handle, BLACK_BOX_BYTES);
  }

  executeAll(requests) {
    if (faults.lose !== undefined) this.loseBurst(requests);
    return Array.from({ length: requests.count }, (_, i) => this.execute(requests.frame(i)));
  }

  /** As a driver elsewhere does it: the black box names all that is in flight. */
  loseBurst(requests) {
    const frames = Array.from({ length: requests.count }, (_, i) => Buffer.from(requests.frame(i)));
    if (frames.some((frame) => stepsIn(frame).includes(faults.lose))) this.lose(Buffer.concat(frames));
  }

  lose(frames) {
    if (faults.loseOnce !== undefined && existsSync(faults.loseOnce)) return;
    if (faults.loseOnce !== undefined) writeFileSync(faults.loseOnce, '');
    this.writeBox(frames, 1, 0);
    throw new TargetLost('fake: is gone', faults.loseSilently === true);
  }

  execute(bytes) {
    const request = Buffer.from(bytes);
    const { steps, plant } = JSON.parse(request.subarray(HEADER_BYTES).toString());
    if (steps.includes(faults.lose)) this.lose(request);
    this.writeBox(request, 1, 0);
    if (faults.slowMs !== undefined) sleep(faults.slowMs);
    const results = [];
    let hungAt;
    for (const [i, n] of steps.entries()) {
      if ([faults.crash, faults.spin, faults.join?.at].includes(n)) this.writeBox(request, 1, i);
      if (n === faults.join?.at) joinGroup();
      if (n === faults.kmsg) report();
      if (n === faults.crash) process.kill(process.pid, 'SIGKILL');
      if (n === faults.crash) sleep(1000);
      while (n === faults.spin);
      if (n === faults.hang) {
        hungAt = i;
        break;
      }
      results.push(2 * n + (this.isWrong(n) || plant === 'off_by_one' ? 1 : 0));
      this.seen.add(n);
    }
    this.writeBox(request, 0, 0);
    const id = request.readBigUInt64LE(ID_OFFSET);
    if (faults.trace !== undefined && id >> 63n === 0n) appendFileSync(faults.trace, `${id}\n`);
    return Buffer.from(JSON.stringify({ results, hungAt }));
  }

  isWrong(n) {
    if (faults.wrong?.includes(n)) return true;
    if (faults.flaky === n) return this.tosses++ % 2 === 0;
    return faults.leak === n && this.seen.has(n);
  }

  writeBox(request, state, step) {
    this.box.writeUInt32LE(0x424c5446, 0);
    this.box.writeUInt32LE(state, 4);
    this.box.writeUInt32LE(request.length, 8);
    this.box.writeUInt32LE(step, 12);
    request.copy(this.box, 64);
    writeSync(this.handle, this.box, 0, 64 + request.length, 0);
  }

  facts() {
    return new Uint8Array(0);
  }

  close() {
    closeSync(this.handle);
  }
}

function joinGroup() {
  writeFileSync(faults.join.procs, String(process.pid));
  if (faults.freeze !== undefined) writeFileSync(faults.freeze, 'FROZEN');
  for (const taken = []; faults.hog === true;) taken.push(Buffer.alloc(1 << 24, 1));
}

function report() {
  if (faults.kmsgOnce !== undefined && existsSync(faults.kmsgOnce)) return;
  if (faults.kmsgOnce !== undefined) writeFileSync(faults.kmsgOnce, '');
  // Without the end of the line, nobody reads the record until the kernel has written another one.
  writeFileSync('/dev/kmsg', `WARNING: CPU: 0 PID: ${process.pid} Comm: node at a/test.c:1 made_up+0x1/0x2\n`);
}

function startsFirst() {
  try {
    closeSync(openSync(faults.startOnce, 'wx'));
    return true;
  } catch {
    return false;
  }
}

function stepsIn(frame) {
  return JSON.parse(frame.subarray(HEADER_BYTES).toString()).steps;
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export const parts = {
  family: (name) => (name === 'fake' ? family : undefined),
  openDriver() {
    if (faults.startDeath || (faults.startOnce !== undefined && !startsFirst())) process.kill(process.pid, 'SIGKILL');
    return new FakeDriver();
  },
  probe: () => ({ target: 'fake', arch: 'fake', release: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim() }),
};
