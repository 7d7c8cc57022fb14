import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { agentPath, buildAgent, hostArch } from '../../src/driver/remote/agentFile.js';
import { formatJson } from '../../src/corpus/format.js';
import { faultline } from '../support/faultline.js';
import { parseKtap } from '../support/ktap.js';
import { needsKvm } from '../support/kvm.js';
import { access, simplestScenario } from '../support/scenario.js';
import { temporaryDirectory } from '../support/temporary.js';
import { parseXml } from '../support/xml.js';

const TIMEOUT_MS = 120_000;
const directory = temporaryDirectory();
const run = (...args: string[]) => faultline(args, { cwd: directory.path });
const read = (name: string): string => readFileSync(join(directory.path, name), 'utf8');

/** Writes a case that holds on every machine, or one whose rule decides nothing in it. */
function writeCase(name: string, decides = true): void {
  const id = decides ? 'access.load-value' : 'uffd.copy';
  const scenario = simplestScenario({ steps: [access({ value: '0x7' })] });
  const facts = { title: `a load called ${name}`, note: 'The simplest case.', rules: [{ id, sentence: '' }] };
  directory.write(
    `corpus/stage2/${name}.json`,
    formatJson({ schema: 1, kind: 'pinned', family: 'stage2', ...facts, scenario }),
  );
}

describe('replay --reporter', { timeout: TIMEOUT_MS }, () => {
  test('writes each format to its file, and what people read to standard output', async ({ skip }) => {
    needsKvm(skip);
    writeCase('a');
    writeCase('b', false);
    directory.write('corpus/stage2/c.json', '{');
    const files = ['ktap=r.ktap', 'junit=r.xml', 'json=r.json', 'kcidb=r.kcidb'].flatMap((to) => ['--reporter', to]);
    const { code, stdout } = await run('replay', ...files, '--kcidb-origin', 'lab');
    expect(stdout).toContain('ok      corpus/stage2/a.json\n');
    expect(stdout).toContain('2 cases: 1 ok, 1 not deciding their rules, 1 file refused\n');
    expect(code).toBe(1);
    const { tests } = parseKtap(read('r.ktap'));
    expect(tests.map(({ name, passed }) => [name, passed])).toEqual([
      ['stage2.c', false],
      ['stage2.a', true],
      ['stage2.b', false],
    ]);
    expect(parseXml(read('r.xml')).attributes).toMatchObject({ tests: '3', failures: '1', errors: '1' });
    expect(JSON.parse(read('r.json'))).toMatchObject({
      exitCode: 1,
      cases: [{ status: 'ok' }, { status: 'undecided' }],
    });
    expect(JSON.parse(read('r.kcidb'))).toMatchObject({
      tests: [{ origin: 'lab', status: 'PASS' }, { status: 'ERROR' }, { status: 'MISS' }],
    });
  });

  test('one format can take the place of the terminal', async ({ skip }) => {
    needsKvm(skip);
    writeCase('a');
    const { code, stdout } = await run('replay', '--reporter', 'ktap', '--reporter', 'terminal=people.txt');
    expect(parseKtap(stdout).tests).toMatchObject([{ name: 'stage2.a', passed: true }]);
    expect(read('people.txt')).toBe('ok      corpus/stage2/a.json\n1 case: 1 ok\n');
    expect(code).toBe(0);
  });

  test('a report that its file cannot hold is printed, and the exit code says so', async ({ skip }) => {
    needsKvm(skip);
    if (!existsSync('/dev/full')) skip('there is no /dev/full');
    writeCase('a');
    const { code, stderr } = await run('replay', '--reporter', 'ktap=/dev/full');
    expect(stderr).toMatch(
      /^\/dev\/full cannot be written: the disk is full; this is what it would hold:\nKTAP version 1\n/m,
    );
    expect(stderr).toContain('ok 1 stage2.a\n');
    expect(code).toBe(2);
  });

  test.each([
    [['--reporter', 'pdf'], 'Formats are terminal, ktap, junit, json, kcidb.'],
    [['--reporter', 'junit='], 'Name a file behind the ='],
    [['--reporter', 'ktap', '--reporter', 'junit'], 'ktap and junit cannot both go to standard output'],
    [['--reporter', 'ktap', '--json'], 'ktap and json cannot both go to standard output'],
    [['--reporter', 'ktap=x', '--reporter', 'junit=x'], 'two reports cannot both go to x'],
    [['--reporter', 'junit=nowhere/r.xml'], 'nowhere/r.xml cannot be written: no such file or directory'],
    [['--kcidb-origin', 'My Lab'], 'Use lower-case letters, digits and _.'],
    [['--kcidb-build', '7'], 'An id is the name of its CI system, a colon'],
  ])('%j is refused before anything runs', async (args, sentence) => {
    writeCase('a');
    const { code, stdout, stderr } = await run('replay', ...args);
    expect(stderr).toContain(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(join(directory.path, 'x'))).toBe(false);
  });
});

describe('a target that is lost', { timeout: TIMEOUT_MS }, () => {
  beforeAll(async () => {
    await buildAgent(hostArch());
  }, 300_000);

  /** Replays with a stand-in for ssh. */
  function replayThrough(script: readonly string[], more: readonly string[] = []) {
    writeFileSync(join(directory.path, 'ssh'), ['#!/bin/sh', ...script, ''].join('\n'));
    chmodSync(join(directory.path, 'ssh'), 0o755);
    const environment = { FAULTLINE_SSH: join(directory.path, 'ssh'), FAULTLINE_AGENT: agentPath(hostArch()) };
    const args = ['replay', '--target', 'ssh:me', '--reporter', 'ktap', '--reporter', 'junit=r.xml', ...more];
    return faultline(args, { cwd: directory.path, environment });
  }

  test('skips every case, with the reason, when it was never there', async () => {
    writeCase('a');
    writeCase('b');
    const { code, stdout, stderr } = await replayThrough(['exit 1']);
    expect(parseKtap(stdout).tests).toMatchObject(
      [
        { passed: true, directive: 'SKIP', text: /^ssh:me has no agent that answers/ },
        { passed: true, directive: 'SKIP' },
      ].map((entry) => ({ ...entry, text: expect.stringContaining('ssh:me has no agent') as string })),
    );
    expect(parseXml(read('r.xml')).attributes).toMatchObject({ tests: '2', skipped: '2' });
    expect(stderr).toContain('faultline: skipped: ssh:me has no agent that answers');
    expect(code).toBe(4);
  });

  test('fails the case that it was lost in, and misses those that were never reached', async ({ skip }) => {
    needsKvm(skip);
    for (const name of ['a', 'b', 'c']) writeCase(name);
    // The first agent hears nothing behind the first messages, which is while the first case runs; there is no second.
    const script = ['if [ -e started ]; then exit 1; fi', 'touch started', 'for last; do :; done'];
    const { code, stdout, stderr } = await replayThrough(
      [...script, 'dd bs=1M count=1500 2>/dev/null | "$last"'],
      ['--times', '100000'],
    );
    const { tests } = parseKtap(stdout);
    expect(tests.map(({ name, directive }) => [name, directive])).toEqual([
      ['stage2.a', undefined],
      ['stage2.b', 'ERROR'],
      ['stage2.c', 'ERROR'],
    ]);
    expect(tests[0]?.text).toMatch(/^\d+ of \d+ times: crash: /);
    expect(tests[1]?.text).toMatch(/^the target was lost: /);
    expect(parseXml(read('r.xml')).attributes).toMatchObject({ tests: '3', failures: '1', errors: '2' });
    expect(stderr).toContain('HARNESS: the target was lost: ');
    expect(code).toBe(1);
  });
});
