import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { formatJson } from '../../src/corpus/format.js';
import type { Case } from '../../src/corpus/case.js';
import { errnoCode } from '../../src/util/errno.js';
import { faultline } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';
import { access, simplestScenario } from '../support/scenario.js';
import { temporaryDirectory, withTmpfs } from '../support/temporary.js';

const TIMEOUT_MS = 120_000;
const directory = temporaryDirectory();
const run = (...args: string[]) => faultline(args, { cwd: directory.path });

const PLANT = ['--plant', 'driver:flip_read_value'];
const SCENARIO = simplestScenario({ steps: [access({ value: '0x7' })] });

function aCase(changes: Partial<Case> = {}): Case {
  const rules = [{ id: 'access.load-value', sentence: 'A read returns the bytes that memory holds at its address.' }];
  const base = { schema: 1, kind: 'pinned', family: 'stage2', title: 'a load', note: 'The simplest case.' } as const;
  return { ...base, rules, scenario: SCENARIO, ...changes };
}

describe('on KVM', { timeout: TIMEOUT_MS }, () => {
  test('doctor says what this machine can do', async ({ skip }) => {
    needsKvm(skip);
    const [text, json] = [await run('doctor'), await run('doctor', '--json')];
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toContain('faultline fuzz can run here.');
    expect(JSON.parse(json.stdout)).toMatchObject({ report: 'doctor', canFuzz: true, profile: { target: 'local' } });
  });

  test('fuzz runs the scenarios that it was asked for, and summarizes them', async ({ skip }) => {
    needsKvm(skip);
    const { code, stdout, stderr } = await run('fuzz', '--runs', '500', '--seed', '7', '--run-dir', 'here');
    expect(stderr).toContain('seed 7, run directory here');
    expect(stdout).toContain('No untriaged finding.');
    expect(stdout).not.toContain('\u001b');
    expect(code).toBe(0);
    const summary = JSON.parse(readFileSync(join(directory.path, 'here', 'summary.json'), 'utf8')) as object;
    expect(summary).toMatchObject({ report: 'fuzz', seed: 7, scenarios: 500, findings: [], harness: [] });
  });

  test('run shows a scenario step by step', async ({ skip }) => {
    needsKvm(skip);
    directory.write('scenario.json', JSON.stringify(SCENARIO));
    const { code, stdout } = await run('run', 'scenario.json');
    expect(stdout).toMatch(/^ {2}1 {2}vCPU 0: load 8 at data\[0\]/m);
    expect(stdout).toContain('match: ');
    expect(code).toBe(0);
  });

  test('run says in words which rule a planted fault breaks', async ({ skip }) => {
    needsKvm(skip);
    const input = JSON.stringify(aCase());
    const { code, stdout } = await faultline(['run', '-', ...PLANT], { cwd: directory.path, input });
    expect(stdout).toContain('✗ access.load-value, step 1');
    expect(stdout).toContain('A read returns the bytes that memory holds at its address.');
    expect(code).toBe(1);
  });

  test('run survives a crash of the driver and reports it', async ({ skip }) => {
    needsKvm(skip);
    const input = JSON.stringify(SCENARIO);
    const { code, stdout } = await faultline(['run', '-', '--plant', 'driver:crash'], { cwd: directory.path, input });
    expect(stdout).toContain('crash: ');
    expect(stdout).toContain('SIGSEGV');
    expect(code).toBe(1);
  });

  test('replay tells pinned cases that hold from those that decide nothing, and findings that are gone', async ({
    skip,
  }) => {
    needsKvm(skip);
    const idle = [{ id: 'uffd.copy', sentence: '' }];
    directory.write('corpus/a.json', formatJson(aCase()));
    directory.write('corpus/b.json', formatJson(aCase({ rules: idle })));
    directory.write('corpus/c.json', formatJson(aCase({ kind: 'finding' })));
    const { code, stdout } = await run('replay', '--times', '3');
    const expected = [
      'ok      corpus/a.json',
      'FAIL    corpus/b.json: it matches, but these rules, which it is there for, decide nothing in it: uffd.copy',
      'gone    corpus/c.json: no longer fails',
      '3 cases: 1 ok, 1 no longer failing, 1 not deciding their rules',
    ];
    expect(stdout.trimEnd().split('\n')).toEqual(expected);
    expect(code).toBe(1);
    const json = await run('replay', 'corpus/a.json', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ report: 'replay', exitCode: 0, cases: [{ status: 'ok' }] });
    expect(json.code).toBe(0);
  });

  test('a planted fault is found, minimized, kept apart from the corpus, and shown', async ({ skip }) => {
    needsKvm(skip);
    const fuzz = await run('fuzz', '--runs', '24', '--workers', '1', '--seed', '7', '--run-dir', 'here', ...PLANT);
    expect(fuzz.code).toBe(1);
    expect(fuzz.stdout).toMatch(/\d+ untriaged findings?\.\n$/);
    expect(readdirSync(directory.path)).toEqual(['here']);
    const found = readdirSync(join(directory.path, 'here', 'corpus', 'stage2'));
    expect(found).not.toEqual([]);
    const show = await run('show', `here/corpus/stage2/${found[0] ?? ''}`);
    expect(show.stdout).toContain('broken rule: ');
    expect(show.code).toBe(0);
  });

  test('a finding that cannot be saved is printed in full', async ({ skip }) => {
    needsKvm(skip);
    const mount = join(directory.path, 'readonly');
    mkdirSync(mount);
    const reason = await withTmpfs(mount, 'ro', async () => {
      const fuzz = await run('fuzz', '--runs', '24', '--workers', '1', '--seed', '7', '--corpus', 'readonly', ...PLANT);
      expect(fuzz.code).toBe(1);
      expect(fuzz.stderr).toContain('could not be saved: the file system is read-only');
      expect(fuzz.stderr).toContain('"report": "finding"');
    });
    if (reason !== undefined) skip(reason);
  });

  test('a disk that fills up costs what would have been written, and is told in one line each', async ({ skip }) => {
    needsKvm(skip);
    const mount = join(directory.path, 'small');
    mkdirSync(mount);
    const reason = await withTmpfs(mount, 'size=256k', async () => {
      const places = ['--run-dir', 'small/run', '--corpus', 'small/corpus'];
      const fuzzing = run('fuzz', '--findings', '1', '--time', '60s', '--workers', '1', ...places, ...PLANT);
      await until(() => sizeOf(join(mount, 'run', 'journal')) > 0);
      fillUp(join(mount, 'rest'));
      const fuzz = await fuzzing;
      expect(fuzz.stderr).toContain('the journal cannot be written: the disk is full; the campaign goes on');
      expect(fuzz.stderr).toMatch(/^this finding could not be saved: .*: the disk is full$/m);
      expect(fuzz.stderr).toContain('"report": "finding"');
      expect(fuzz.stderr).toContain('the summary could not be saved: the disk is full');
      expect(fuzz.stderr).not.toMatch(/^ {4}at /m);
      expect(fuzz.stdout).toMatch(/reproduced: +came back in 10 of 10 tries, and in 5 of 5 in a new process/);
      expect(fuzz.stdout).not.toContain('HARNESS');
      expect(fuzz.code).toBe(1);
      expect(
        readdirSync(join(mount, 'run')).filter((name) => name.endsWith('.tmp') || name === 'summary.json'),
      ).toEqual([]);
    });
    if (reason !== undefined) skip(reason);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(20);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Writes a file until nothing more fits on the disk. */
function fillUp(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (;;) writeSync(handle, Buffer.alloc(1024));
  } catch (error) {
    if (errnoCode(error) !== 'ENOSPC') throw error;
  } finally {
    closeSync(handle);
  }
}
