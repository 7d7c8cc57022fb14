import { relative } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readBlackBox } from '../../../src/driver/blackBox.js';
import { decodeFacts } from '../../../src/driver/facts.js';
import { type Driver, openDriver } from '../../../src/driver/library.js';
import { agentPath, buildAgent, hostArch } from '../../../src/driver/remote/agentFile.js';
import { TargetLost } from '../../../src/driver/remote/lost.js';
import { AGENT_VERSION } from '../../../src/driver/remote/protocol.js';
import { type AgentDriver, connectAgent } from '../../../src/driver/remote/remoteDriver.js';
import { decodeStage2 } from '../../../src/driver/wire/decode.js';
import { appendStage2, encodeStage2 } from '../../../src/driver/wire/encode.js';
import { Frames } from '../../../src/driver/wire/frames.js';
import { WIRE_VERSION } from '../../../src/driver/wire/spec.js';
import { parseStage2 } from '../../../src/scenario/parse.js';
import { CORPUS, loaded } from '../../corpus-cases/corpus.js';
import { AgentProcess } from '../../support/agent.js';
import { runToEnd } from '../../support/faultline.js';
import { needsKvm } from '../../support/kvm.js';
import { simplestScenario } from '../../support/scenario.js';
import { temporaryDirectory } from '../../support/temporary.js';

const BUILD_MS = 300_000;
const BURST = 16;
const directory = temporaryDirectory();
const AGENT = agentPath(hostArch());
const agents: AgentProcess[] = [];

beforeAll(async () => {
  await buildAgent(hostArch());
}, BUILD_MS);
afterEach(() => {
  for (const agent of agents.splice(0)) {
    agent.kill();
    agent.close();
  }
});

function start(marginMs = 10_000): { readonly agent: AgentProcess; readonly driver: AgentDriver } {
  const agent = new AgentProcess(AGENT);
  agents.push(agent);
  return { agent, driver: connectAgent(agent.pipes, { name: 'agent', marginMs }) };
}

function request(changes: Partial<Parameters<typeof encodeStage2>[1]> = {}): Uint8Array {
  return encodeStage2(simplestScenario(), { freshVm: true, deadlineMs: 5000, plant: 'none', id: 7n, ...changes });
}

function lossOf(action: () => unknown): TargetLost {
  try {
    action();
  } catch (error) {
    if (error instanceof TargetLost) return error;
    throw error;
  }
  throw new Error('nothing was lost');
}

describe('the program', () => {
  test('names itself and its versions, and has help', async () => {
    const version = await runToEnd([AGENT, '--version'], { cwd: directory.path });
    expect(version).toEqual({
      code: 0,
      stdout: `faultline-agent 0.1.0, protocol ${AGENT_VERSION}, wire format ${WIRE_VERSION}\n`,
      stderr: '',
    });
    const help = await runToEnd([AGENT, '--help'], { cwd: directory.path });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: faultline-agent');
    const wrong = await runToEnd([AGENT, '--hlep'], { cwd: directory.path });
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--help');
  });
});

describe('a conversation', () => {
  test('begins with a greeting, carries bytes both ways, and ends in good order', async () => {
    const { agent, driver } = start();
    expect(driver.hello).toMatchObject({ wireVersion: WIRE_VERSION, agentRelease: '0.1.0' });
    expect(driver.hello.kernelRelease).not.toBe('');
    for (const size of [0, 1, 4097, 0x100000]) {
      const payload = Buffer.alloc(size, 'faultline');
      expect(Buffer.from(driver.ping(payload)).equals(payload)).toBe(true);
    }
    driver.close();
    agent.close();
    expect(await agent.exited).toEqual({ code: 0, stderr: '' });
  });

  test('ends when the other side is gone', async () => {
    const { agent } = start();
    agent.close();
    expect(await agent.exited).toEqual({ code: 0, stderr: '' });
  });

  test('reports the facts of the machine that the agent runs on', () => {
    const { driver } = start();
    const local = openDriver();
    expect(decodeFacts(driver.facts())).toMatchObject({ kernelRelease: decodeFacts(local.facts()).kernelRelease });
    local.close();
  });

  test('refuses what is no request, and goes on', () => {
    const { driver } = start();
    const refused = decodeStage2(driver.execute(new Uint8Array(200)));
    expect(refused.status).toBe('refused');
    expect(driver.ping(new Uint8Array(3)).length).toBe(3);
  });

  test('outlives neither agent nor its driver without saying so', () => {
    const { agent, driver } = start();
    agent.kill();
    // The kernel takes some moments to end the second process of the agent, too.
    const pings = (): void => {
      for (let i = 0; i < 100_000; i++) driver.ping(new Uint8Array(0));
    };
    expect(lossOf(pings)).toMatchObject({ silent: false });
  });

  test('with an agent that is stopped is over after a while', () => {
    const { agent, driver } = start(300);
    const { pid } = driver.hello;
    process.kill(pid, 'SIGSTOP');
    const started = performance.now();
    expect(lossOf(() => driver.facts())).toMatchObject({ silent: true });
    expect(performance.now() - started).toBeLessThan(5000);
    process.kill(pid, 'SIGCONT');
    expect(agent.pid).not.toBe(pid);
  });
});

/** Whether a virtual machine was used before is the only thing in which two drivers may differ. */
function shown(response: Uint8Array): unknown {
  return { ...decodeStage2(response), reused: false };
}

/** Races have several outcomes, and what is left in a ring depends on what ran before. */
function isRepeatable(json: unknown): boolean {
  const { config, steps } = parseStage2(json);
  return config.dirtyTracking !== 'ring' && steps.every(({ kind }) => kind !== 'race');
}

describe('on KVM', () => {
  let local: Driver | undefined;
  afterAll(() => {
    local?.close();
  });

  test('the agent answers like the library', { timeout: 60_000 }, ({ skip }) => {
    needsKvm(skip);
    local = openDriver();
    const { driver } = start();
    const cases = loaded.cases.filter(({ case: { kind, scenario } }) => kind === 'pinned' && isRepeatable(scenario));
    for (let first = 0; first < cases.length; first += BURST) {
      const frames = new Frames();
      const burst = cases.slice(first, first + BURST);
      burst.forEach(({ case: { scenario } }, i) => {
        const options = { freshVm: false, deadlineMs: 10_000, plant: 'none', id: BigInt(first + i) };
        appendStage2(parseStage2(scenario), options, frames);
      });
      const expected = local.executeAll(frames).map(shown);
      const answers = driver.executeAll(frames);
      answers.forEach((answer, i) => {
        const name = relative(CORPUS, burst[i]?.file ?? '');
        expect([name, shown(answer)]).toEqual([name, expected[i]]);
      });
    }
  });

  test('a driver that dies is reported with its request and step', async ({ skip }) => {
    needsKvm(skip);
    const { agent, driver } = start();
    const path = `${directory.path}/blackbox`;
    driver.blackbox(path);
    const frames = new Frames();
    const scenario = simplestScenario();
    const options = { freshVm: false, deadlineMs: 5000, plant: 'none' };
    appendStage2(scenario, { ...options, id: 1n }, frames);
    appendStage2(scenario, { ...options, plant: 'crash', id: 2n }, frames);
    appendStage2(scenario, { ...options, id: 3n }, frames);
    const loss = lossOf(() => driver.executeAll(frames));
    expect(loss.message).toBe('agent: the agent died of signal 11 (Segmentation fault)');
    expect(readBlackBox(path)).toMatchObject({ running: true, id: 2n, suspects: [2n] });
    expect((await agent.exited).code).toBe(1);
  });

  test('a driver that never comes back is silent', ({ skip }) => {
    needsKvm(skip);
    const { driver } = start(500);
    expect(lossOf(() => driver.execute(request({ plant: 'wedge', deadlineMs: 100 })))).toMatchObject({ silent: true });
  });
});
