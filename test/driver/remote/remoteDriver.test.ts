import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readBlackBox } from '../../../src/driver/blackBox.js';
import { TargetLost } from '../../../src/driver/remote/lost.js';
import { KIND, MAX_ANSWER_BYTES, TROUBLE } from '../../../src/driver/remote/protocol.js';
import { type AgentDriver, connectAgent } from '../../../src/driver/remote/remoteDriver.js';
import { TargetError } from '../../../src/driver/targets/error.js';
import { appendStage2 } from '../../../src/driver/wire/encode.js';
import { Frames } from '../../../src/driver/wire/frames.js';
import { hello, message, Script, trouble } from '../../support/agent.js';
import { simplestScenario } from '../../support/scenario.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { frame } from '../wire/response-writer.js';

const directory = temporaryDirectory();
const scripts: Script[] = [];
afterEach(() => {
  for (const script of scripts.splice(0)) script.close();
});

/** Nothing in these tests takes longer than this. */
const SOON_MS = 100;
const DEADLINE_MS = 50;

function script(written: readonly Uint8Array[], options: { readonly ended?: boolean } = {}): Script {
  const made = new Script(written, options);
  scripts.push(made);
  return made;
}

function connect(written: readonly Uint8Array[], options: { readonly ended?: boolean } = {}): AgentDriver {
  const explain = (): string => 'it rained';
  return connectAgent(script(written, options).pipes, { name: 'ssh:me', marginMs: SOON_MS, helloMs: SOON_MS, explain });
}

/** Requests with the ids 1, 2, … */
function requests(count: number): Frames {
  const frames = new Frames();
  for (let id = 1n; id <= BigInt(count); id++)
    appendStage2(simplestScenario(), { freshVm: false, deadlineMs: DEADLINE_MS, plant: 'none', id }, frames);
  return frames;
}

const responses = (...ids: bigint[]): Buffer =>
  Buffer.concat(ids.map((id) => frame({ id }, [{ kind: 'done', a: id }])));

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('an agent that cannot be used is one sentence, in bounded time', () => {
  test.each<[what: string, written: Uint8Array[], ended: boolean, sentence: string]>([
    ['is silent', [], false, 'the agent of ssh:me said nothing within 0.1 s'],
    ['ends at once', [], true, 'ssh:me ended before its agent said anything'],
    ['ends within its greeting', [hello().subarray(0, 60)], true, 'what ssh:me says first is no greeting of an agent'],
    ['is none', [Buffer.from('Welcome to Debian!\n')], false, 'no greeting of an agent, but "Welcome to Debian!\\n"'],
    ['is none and brief', [Buffer.from('hi\n')], true, 'no greeting of an agent, but "hi\\n"'],
    [
      'speaks another protocol',
      [message(KIND.hello, 0, Buffer.alloc(8), { version: 9 })],
      false,
      'speaks version 9 of the protocol, this program 1: put the agent of this version there',
    ],
    ['speaks another wire format', [hello(77)], false, 'speaks version 77 of the wire format'],
    ['greets with something else', [message(KIND.ping, 0)], false, 'does not greet'],
    ['cannot start', [trouble(TROUBLE.start, 0, 'out of memory')], false, 'cannot start: out of memory'],
  ])('one that %s', (_, written, ended, sentence) => {
    const started = performance.now();
    const error = thrownBy(() => connect(written, { ended }));
    expect(error).toBeInstanceOf(TargetError);
    expect((error as Error).message).toContain(sentence);
    expect((error as Error).message).not.toContain('\n');
    expect(performance.now() - started).toBeLessThan(20 * SOON_MS);
  });
});

describe('requests', () => {
  test('are answered in their order, also in several messages', () => {
    const [first, second] = [message(KIND.execute, 1, responses(1n, 2n)), message(KIND.execute, 1, responses(3n))];
    const answers = connect([hello(), first, second]).executeAll(requests(3));
    expect(Buffer.concat(answers)).toEqual(responses(1n, 2n, 3n));
  });

  test('that nobody makes need no agent', () => {
    expect(connect([hello()]).executeAll(new Frames())).toEqual([]);
  });

  test('that are too many for one message are refused here', () => {
    const driver = connect([hello()]);
    expect(() => driver.execute(new Uint8Array(0x100001))).toThrow(/^HARNESS: requests of 1048577 bytes/);
  });

  test('whose answers are malformed are a fault of the tool', () => {
    const driver = connect([hello(), message(KIND.execute, 1, Buffer.alloc(40))]);
    expect(() => driver.executeAll(requests(1))).toThrow(/^HARNESS: malformed response/);
  });

  test('that the agent refuses are a fault of the tool, which goes on', () => {
    const refused = trouble(TROUBLE.message, 1, 'there is no such kind of message');
    const driver = connect([hello(), refused, message(KIND.ping, 2, Buffer.from('x'))]);
    expect(() => driver.facts()).toThrow('HARNESS: the agent of ssh:me: there is no such kind of message');
    expect(Buffer.from(driver.ping(Buffer.from('x'))).toString()).toBe('x');
  });
});

describe('a target is lost', () => {
  const execute = (driver: AgentDriver): unknown => thrownBy(() => driver.executeAll(requests(2)));

  test.each<[what: string, written: Uint8Array[], ended: boolean, silent: boolean, sentence: string]>([
    ['says nothing', [], false, true, 'ssh:me: gave no sign of life for 0.15 s: it rained'],
    ['says half of it', [message(KIND.execute, 1, responses(1n)).subarray(0, 30)], false, true, 'no sign of life'],
    ['ends', [], true, false, 'ssh:me: is gone without a word of its agent: it rained'],
    ['writes garbage', [Buffer.alloc(64, 0x41)], false, false, 'something that is no message'],
    [
      'writes without an end',
      [message(KIND.execute, 1, Buffer.alloc(0), { size: MAX_ANSWER_BYTES + 1 })],
      false,
      false,
      `announces ${MAX_ANSWER_BYTES + 1} bytes`,
    ],
    ['answers something else', [message(KIND.execute, 9, responses(1n))], false, false, 'answered message 9'],
    ['answers nothing', [message(KIND.execute, 1)], false, false, 'answered 2 requests with 0 responses'],
    ['answers too much', [message(KIND.execute, 1, responses(1n, 2n, 3n))], false, false, 'with 3 responses'],
    ['tells of its death', [trouble(TROUBLE.death, 1, 'died of signal 11')], true, false, 'ssh:me: died of signal 11'],
  ])('that %s, in bounded time, and stays lost', (_, written, ended, silent, sentence) => {
    const driver = connect([hello(), ...written], { ended });
    const started = performance.now();
    const error = execute(driver);
    expect(error).toBeInstanceOf(TargetLost);
    expect((error as TargetLost).silent).toBe(silent);
    expect((error as TargetLost).message).toContain(sentence);
    expect(performance.now() - started).toBeLessThan(20 * SOON_MS);
    expect(execute(driver)).toBe(error);
    driver.close();
  });

  test('that does not even read', () => {
    const driver = connect([hello()]);
    const error = thrownBy(() => driver.execute(new Uint8Array(0x100000)));
    expect(error).toBeInstanceOf(TargetLost);
    expect((error as TargetLost).silent).toBe(true);
  });
});

describe('the black box', () => {
  const lose = (...written: Uint8Array[]): string => {
    const path = join(directory.path, 'blackbox');
    const driver = connect([hello(), ...written], { ended: true });
    driver.blackbox(path);
    expect(thrownBy(() => driver.executeAll(requests(3)))).toBeInstanceOf(TargetLost);
    return path;
  };

  test('names every request that was not answered', () => {
    expect(readBlackBox(lose())).toMatchObject({ running: true, id: 1n, step: 0, suspects: [1n, 2n, 3n] });
    const path = lose(message(KIND.execute, 1, responses(1n)));
    expect(readBlackBox(path)).toMatchObject({ running: true, id: 2n, suspects: [2n, 3n] });
  });

  test('names the one in which the driver died, and its step', () => {
    const path = lose(trouble(TROUBLE.death, 1, 'died', { id: 2n, step: 5 }));
    expect(readBlackBox(path)).toMatchObject({ running: true, id: 2n, step: 5, suspects: [2n] });
  });

  test('is at rest when all is answered', () => {
    const path = join(directory.path, 'blackbox');
    const driver = connect([hello(), message(KIND.execute, 1, responses(1n, 2n))]);
    driver.blackbox(path);
    driver.executeAll(requests(2));
    expect(readBlackBox(path)).toMatchObject({ running: false });
  });

  test('that cannot be written is one sentence', () => {
    const driver = connect([hello()]);
    expect(() => {
      driver.blackbox('/nonexistent/box');
    }).toThrow('the black box /nonexistent/box cannot be written: no such file or directory');
  });
});

test('a driver that is closed says so, and closing it again is no error', () => {
  const driver = connect([hello()], { ended: true });
  driver.close();
  driver.close();
  expect(() => driver.facts()).toThrow('the driver of ssh:me is closed');
});
