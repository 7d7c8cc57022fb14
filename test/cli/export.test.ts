import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/corpus/case.js';
import { faultline } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';
import { simplestScenario } from '../support/scenario.js';
import { temporaryDirectory } from '../support/temporary.js';
import { compile, COMPILERS, runProgram } from '../triage/export/support.js';

const TIMEOUT_MS = 300_000;
const RULE = 'dirty.write';
const directory = temporaryDirectory();
const run = (...args: string[]) => faultline(args, { cwd: directory.path });

function aCase(changes: Partial<Case> = {}): Case {
  const rules = [{ id: 'access.load-value', sentence: 'A read returns the bytes that memory holds at its address.' }];
  const base = { schema: 1, kind: 'pinned', family: 'stage2', title: 'a load', note: 'The simplest case.' } as const;
  return { ...base, rules, scenario: simplestScenario(), ...changes };
}

/** Exports, compiles and runs; gives the exit code and what was printed. */
async function exportAndRun(file: string, name: string, ...options: string[]): Promise<[number | null, string]> {
  const to = join(directory.path, `${name}.c`);
  const { code, stderr } = await run('export', file, '--output', to, ...options);
  expect([code, stderr]).toEqual([0, '']);
  const program = join(directory.path, name);
  expect(await compile(COMPILERS[0] ?? '', to, program)).toBe('');
  const ended = await runProgram(program);
  return [ended.code, ended.stdout];
}

test('export wants a case, a format that there is, and no fault of the driver', { timeout: TIMEOUT_MS }, async () => {
  directory.write('case.json', JSON.stringify(aCase()));
  const [format, missing, plant] = [
    await run('export', 'case.json', '--format', 'pdf'),
    await run('export', 'none.json'),
    await run('export', 'case.json', '--plant', 'driver:crash'),
  ];
  expect([format.code, missing.code, plant.code]).toEqual([2, 2, 2]);
  expect(format.stderr).toContain('Allowed choices are c, mail');
  expect(plant.stderr).toContain('plant one of the model');
});

describe('on KVM', { timeout: TIMEOUT_MS }, () => {
  test('a planted fault is found, exported and fails; without the fault the same case passes', async ({ skip }) => {
    needsKvm(skip);
    if (COMPILERS.length === 0) skip('there is no C compiler');
    const plant = ['--plant', `model:${RULE}`];
    await run('fuzz', '--runs', '800', '--seed', '7', '--workers', '1', '--run-dir', 'run', ...plant);
    const found = join(directory.path, 'run', 'corpus', 'stage2');
    const [name] = readdirSync(found).filter((file) => file.startsWith('dirty.'));
    expect(name).toBeDefined();
    const file = join(found, name ?? '');
    const [wrong, right] = [await exportAndRun(file, 'wrong', ...plant), await exportAndRun(file, 'right')];
    expect(wrong[1]).toMatch(/^# broken rule: /m);
    expect([wrong[0], right[0]]).toEqual([1, 0]);
    expect(readFileSync(join(directory.path, 'wrong.c'), 'utf8')).toContain(`takes ${RULE} not to hold`);
  });

  test('a mail says what, where and how often, and brings the C file', async ({ skip }) => {
    needsKvm(skip);
    directory.write('case.json', JSON.stringify(aCase({ title: 'a load\n*/ goes astray' })));
    const { code, stdout, stderr } = await run('export', 'case.json', '--format', 'mail');
    expect([code, stderr]).toEqual([0, '']);
    const [prose = '', file = ''] = stdout.split('--8<-- case.c --8<--\n');
    expect(prose).toContain('Subject: KVM: a load\\n*/ goes astray\n');
    expect(prose).toContain('in 0 of 10 tries on this machine');
    expect(prose).toContain('A read returns the bytes that memory holds');
    for (const line of prose.split('\n').slice(1)) expect(line).toMatch(/^.{0,76}$/);
    expect(stdout).not.toMatch(/[ \t]$/m);
    expect(file).toMatch(/^\/\/ SPDX-License-Identifier: MIT\n[^]*\n}\n-->8-- case\.c -->8--\n$/);
  });
});
