import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { type Ended, PROGRAM, faultline, runToEnd } from '../support/faultline.js';
import { simplestScenario } from '../support/scenario.js';
import { temporaryDirectory } from '../support/temporary.js';
import { needsUserfaultfd } from '../support/userfaultfd.js';

const directory = temporaryDirectory();
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];

/** Why the program cannot be run as a user without rights; undefined when it can. */
function whyNotAsNobody(): string | undefined {
  const [file = '', ...args] = NOBODY;
  const { status, stderr } = spawnSync(file, [...args, 'test', '-r', PROGRAM], { encoding: 'utf8' });
  if (status !== 0) return `cannot run as another user: ${stderr || 'the checkout is not readable for it'}`;
  const kvm = spawnSync(file, [...args, 'test', '-w', '/dev/kvm']);
  const exists = spawnSync('test', ['-e', '/dev/kvm']);
  if (kvm.status === 0 || exists.status !== 0) return '/dev/kvm is missing, or open to everybody';
  const script = 'test -w /dev/userfaultfd || test "$(cat /proc/sys/vm/unprivileged_userfaultfd)" = 1';
  return spawnSync(file, [...args, 'sh', '-c', script]).status === 0 ? 'userfaultfd is open to everybody' : undefined;
}

/** Runs in a mount namespace whose /dev holds nothing but what Node needs. */
const HIDE_DEV = [
  'mkdir dev && mount -t tmpfs tmpfs dev',
  'mknod dev/null c 1 3 && mknod dev/urandom c 1 9 && mknod dev/random c 1 8 && mknod dev/zero c 1 5',
  'mount --move dev /dev',
].join(' && ');

function whyNotHidden(): string | undefined {
  const probe = spawnSync('unshare', ['-m', 'true'], { encoding: 'utf8' });
  return probe.status === 0 ? undefined : `cannot make a mount namespace: ${probe.error?.message ?? probe.stderr}`;
}

const commands = [
  ['fuzz', '--family', 'stage2', '--runs', '10'],
  ['replay'],
  ['run', 'scenario.json'],
  ['show', 'corpus/case.json', '--run'],
];

function prepare(): void {
  // Temporary directories are for their owner only.
  chmodSync(directory.path, 0o777);
  const scenario = simplestScenario();
  const value = { schema: 1, kind: 'pinned', family: 'stage2', title: 'a', note: '', rules: [], scenario };
  directory.write('scenario.json', JSON.stringify(scenario));
  directory.write('corpus/case.json', JSON.stringify(value));
}

function expectSkip({ code, stderr, stdout }: Ended, sentence: string): void {
  expect(stderr).toContain(sentence);
  expect(stdout).toBe('');
  expect(code).toBe(4);
}

describe('without permission on /dev/kvm', () => {
  test.for(commands)('%j is skipped and names the command that mends it', async (args, { skip }) => {
    const reason = whyNotAsNobody();
    if (reason !== undefined) skip(reason);
    prepare();
    const ended = await faultline(args, { cwd: directory.path, through: NOBODY });
    expectSkip(
      ended,
      'faultline: skipped: /dev/kvm is there, but you have no permission to open it; to mend it: sudo ',
    );
  });

  test('doctor says so and ends with 4', async ({ skip }) => {
    const reason = whyNotAsNobody();
    if (reason !== undefined) skip(reason);
    chmodSync(directory.path, 0o777);
    const { code, stdout } = await faultline(['doctor'], { cwd: directory.path, through: NOBODY });
    expect(stdout).toMatch(/^MISSING \/dev\/kvm: is there, but you have no permission to open it; to mend it: sudo /m);
    expect(code).toBe(4);
  });
});

describe('without /dev/kvm', () => {
  const run = (args: readonly string[]): Promise<Ended> => {
    const script = `${HIDE_DEV} && exec "$@"`;
    const command = ['unshare', '-m', 'sh', '-c', script, 'sh', process.execPath, PROGRAM, ...args];
    return runToEnd(command, { cwd: directory.path });
  };

  test.for(commands)('%j ends with 4', async (args, { skip }) => {
    const reason = whyNotHidden();
    if (reason !== undefined) skip(reason);
    prepare();
    const { code, stdout, stderr } = await run(args);
    expect(stdout + stderr).toMatch(/\/dev\/kvm:? does not exist.*to mend it: \S/);
    expect(code).toBe(4);
  });

  test.for([[], ['--family', 'all']])(
    'fuzz %j runs what needs none, and says what is left out',
    async (family, { skip }) => {
      const reason = whyNotHidden();
      if (reason !== undefined) skip(reason);
      needsUserfaultfd(skip);
      const { code, stdout, stderr } = await run(['fuzz', ...family, '--runs', '300', '--workers', '1', '--seed', '5']);
      expect(stderr).toMatch(/^the family stage2 is left out: \/dev\/kvm does not exist.*; to mend it: \S/m);
      expect(stdout).toContain('Campaign of family uffd, seed 5');
      expect(code).toBe(0);
    },
  );

  test('doctor says which family can run', async ({ skip }) => {
    const reason = whyNotHidden();
    if (reason !== undefined) skip(reason);
    needsUserfaultfd(skip);
    const { code, stdout } = await run(['doctor']);
    expect(stdout).toMatch(/^MISSING \/dev\/kvm: does not exist.*to mend it: \S/m);
    expect(stdout).toContain('\nMISSING family stage2: needs /dev/kvm\n');
    expect(stdout).toContain('\nok      family uffd: starts in a worker process');
    expect(stdout).toContain('faultline fuzz can run here with the family uffd, and not with stage2 until');
    expect(code).toBe(0);
  });
});
