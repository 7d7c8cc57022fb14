import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatJson } from '../../src/corpus/format.js';
import { agentPath, buildAgent, hostArch } from '../../src/driver/remote/agentFile.js';
import { type Ended, faultline } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';
import { access, simplestScenario } from '../support/scenario.js';
import { temporaryDirectory } from '../support/temporary.js';

const TIMEOUT_MS = 120_000;
const directory = temporaryDirectory();
const SCENARIO = simplestScenario({ steps: [access({ value: '0x7' })] });

/** Stands in for ssh: runs the command, which is its last argument, on this machine. */
const HERE = ['for last; do :; done', 'exec sh -c "$last"'];
/** The same, and the first agent is killed after a second. */
const KILLED_ONCE = [
  'for last; do :; done',
  'if [ -e killed ]; then exec sh -c "$last"; fi',
  'touch killed; exec timeout -s KILL 2 "$last"',
];

beforeAll(async () => {
  await buildAgent(hostArch());
}, 300_000);

interface How {
  readonly ssh?: readonly string[];
  readonly agent?: string;
}

/** Runs the program with a stand-in for ssh. */
function run(args: readonly string[], { ssh = HERE, agent = agentPath(hostArch()) }: How = {}): Promise<Ended> {
  const script = directory.write('ssh', ['#!/bin/sh', ...ssh, ''].join('\n'));
  chmodSync(script, 0o755);
  const environment = { FAULTLINE_SSH: script, FAULTLINE_AGENT: agent };
  return faultline(args, { cwd: directory.path, environment });
}

const TARGET = ['--target', 'ssh:me'];

describe('a target behind ssh', { timeout: TIMEOUT_MS }, () => {
  test('is diagnosed', async ({ skip }) => {
    needsKvm(skip);
    const { code, stdout } = await run(['doctor', ...TARGET]);
    expect(stdout).toContain('ok      ssh:me: the KVM of me, over ssh: its agent answers\nok      family stage2: ');
    expect(stdout).toContain('faultline fuzz can run on ssh:me.');
    expect(code).toBe(0);
    const json = await run(['doctor', '--json', ...TARGET]);
    expect(JSON.parse(json.stdout)).toMatchObject({ target: 'ssh:me', profile: { target: 'ssh:me' } });
  });

  test('executes cases and scenarios', async ({ skip }) => {
    needsKvm(skip);
    const rules = [{ id: 'access.load-value', sentence: 'A read returns the bytes that memory holds at its address.' }];
    const value = { schema: 1, kind: 'pinned', family: 'stage2', title: 'a load', note: 'a note', rules } as const;
    directory.write('corpus/a.json', formatJson({ ...value, scenario: SCENARIO }));
    const replay = await run(['replay', ...TARGET]);
    expect(replay).toMatchObject({ code: 0, stdout: 'ok      corpus/a.json\n1 case: 1 ok\n' });
    const show = await run(['show', 'corpus/a.json', '--run', ...TARGET]);
    expect(show.stdout).toContain('Executed on ssh:me');
    expect(show.code).toBe(0);
    directory.write('scenario.json', JSON.stringify(SCENARIO));
    expect((await run(['run', 'scenario.json', ...TARGET])).stdout).toContain('match: ');
  });

  test('whose driver dies shows a crash, and lives on', async ({ skip }) => {
    needsKvm(skip);
    directory.write('scenario.json', JSON.stringify(SCENARIO));
    const { code, stdout } = await run(['run', 'scenario.json', '--plant', 'driver:crash', ...TARGET]);
    expect(stdout).toContain('crash: the target died');
    expect(stdout).toContain('ssh:me: the agent died of signal 11 (Segmentation fault)');
    expect(code).toBe(1);
  });

  test('is fuzzed', async ({ skip }) => {
    needsKvm(skip);
    const { code, stdout } = await run(['fuzz', '--runs', '400', '--seed', '7', '--run-dir', 'here', ...TARGET]);
    expect(stdout).toContain('Family stage2 on ssh:me');
    expect(stdout).toContain('the kernel log of ssh:me is not watched');
    expect(stdout).toContain('No untriaged finding.');
    expect(code).toBe(0);
  });

  test('that goes away during a campaign is a finding, and is reached again', async ({ skip }) => {
    needsKvm(skip);
    const fuzz = ['fuzz', '--time', '6s', '--workers', '1', '--seed', '7', '--run-dir', 'here', ...TARGET];
    const { code } = await run(fuzz, { ssh: KILLED_ONCE });
    expect(existsSync(join(directory.path, 'killed'))).toBe(true);
    const summary: unknown = JSON.parse(readFileSync(join(directory.path, 'here', 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({ workerRestarts: 1, harness: [] });
    // What is known of this machine is in no corpus here, and found as well.
    const gone = { verdict: { kind: 'crash', detail: expect.stringMatching(/^the target died\nssh:me: /) as string } };
    expect(summary).toMatchObject({ findings: expect.arrayContaining([expect.objectContaining(gone)]) as unknown });
    expect(code).toBe(1);
  });
});

describe('a target that cannot be used', { timeout: TIMEOUT_MS }, () => {
  const scenario = (): string => directory.write('scenario.json', JSON.stringify(SCENARIO));

  test.each<[what: string, how: How, sentence: string]>([
    ['has no agent', { agent: 'no-such-agent' }, 'ssh ended with status 127'],
    [
      'cannot be reached',
      { ssh: ['echo "ssh: connect to host me port 22: refused" >&2', 'exit 255'] },
      'port 22: refused',
    ],
    [
      'talks',
      { agent: 'echo Welcome to this machine' },
      'is no greeting of an agent, but "Welcome to this machine\\n"',
    ],
  ])('because it %s is a skip with one sentence', async (_, how, sentence) => {
    scenario();
    const { code, stdout, stderr } = await run(['run', 'scenario.json', ...TARGET], how);
    expect(stderr).toMatch(/^faultline: skipped: .*\n$/);
    expect(stderr).toContain(sentence);
    expect([code, stdout]).toEqual([4, '']);
  });

  test('has no KVM', async ({ skip }) => {
    scenario();
    const hidden = 'unshare -m sh -c "mount -t tmpfs tmpfs /dev && exec $last"';
    const { code, stderr } = await run(['run', 'scenario.json', ...TARGET], { ssh: ['for last; do :; done', hidden] });
    if (stderr.includes('unshare')) skip('cannot make a mount namespace');
    expect(stderr).toBe(
      'faultline: skipped: /dev/kvm cannot be used on ssh:me (ENOENT): load its KVM module there, with the rights to open /dev/kvm\n',
    );
    expect(code).toBe(4);
  });

  test('is no target at all', async () => {
    for (const [args, sentence] of [
      [['--target', 'moon'], 'unknown target "moon": a target is local, ssh:<host>'],
      [['--target', 'qemu:moon'], '"moon" is neither a built-in target nor a file'],
      [['--target', 'ssh:-oProxyCommand=x'], 'is not a host'],
      [['--kernel', '6.12'], '--kernel and --modules need a target that boots a kernel'],
    ] as const) {
      const { code, stderr } = await run(['run', scenario(), ...args]);
      expect(stderr).toContain(sentence);
      expect(code).toBe(2);
    }
  });
});
