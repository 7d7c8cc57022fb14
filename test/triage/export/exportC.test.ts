import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LoadedCase } from '../../../src/corpus/load.js';
import { parseStage2 } from '../../../src/scenario/parse.js';
import type { Stage2Profile } from '../../../src/scenario/profile.js';
import type { Step } from '../../../src/scenario/stage2/steps.js';
import { exportC } from '../../../src/triage/export/exportC.js';
import { exporterOf } from '../../../src/triage/export/exporters.js';
import { NotExportable } from '../../../src/triage/export/request.js';
import { arm, loaded, nested, shadow } from '../../corpus-cases/corpus.js';
import { simplestScenario } from '../../support/scenario.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { compile, COMPILERS, requestOf } from './support.js';

const directory = temporaryDirectory();
const x86 = loaded.cases.filter(({ case: { scenario } }) => (scenario as { arch: string }).arch === 'x86_64');
const [first] = x86;
const aarch64 = loaded.cases.filter(({ case: { scenario } }) => (scenario as { arch: string }).arch === 'aarch64');

const editsByGuest = (step: Step): boolean => step.kind === 'pte' && step.by === 'guest';

function exported(one: LoadedCase, profile: Stage2Profile, changes: object = {}): string | undefined {
  const request = requestOf(one, profile);
  return request === undefined ? undefined : exportC({ ...request, ...changes });
}

test.each([
  ['shadow paging', shadow],
  ['two-dimensional paging', nested],
])('every case of x86_64 that a machine with %s can execute has a C file', (_name, profile) => {
  const texts = x86.map((one) => exported(one, profile)).filter((text) => text !== undefined);
  expect(texts.length).toBeGreaterThan(200);
  for (const text of texts) expect(text).toContain('int main(void)');
});

test('every case of aarch64 has a C file on a machine that can do everything', () => {
  const texts = aarch64.map((one) => exported(one, arm));
  expect(texts.length).toBeGreaterThan(200);
  for (const text of texts) expect(text).toContain('int main(void)');
});

test('the guest edits tables with an atomic where it has FEAT_LSE, and with a pair of exclusives elsewhere', () => {
  const edits = aarch64.find(({ case: { scenario } }) => parseStage2(scenario).steps.some(editsByGuest));
  if (edits === undefined) throw new Error('no case edits tables');
  const text = exported(edits, arm) ?? '';
  expect(text).toMatch(/ldset|ldclr/);
  expect(text).toContain('need_feature(ID_AA64ISAR0_EL1');
  const without = exported(edits, { ...arm, features: { ...arm.features, lse: false } }) ?? '';
  expect(without).toMatch(/stxr w3, x2, \[x1\]/);
  expect(without).not.toMatch(/ldset|ldclr|ISAR0_EL1,/);
});

test('the file holds what its case needs and no more', () => {
  const simple = exported({ file: '', case: caseOf() }, shadow) ?? '';
  expect(simple).toContain('"load_64:\tmovq (%rdi), %rax\\n"');
  expect(simple).toMatch(/begin_step\("vCPU 0: load 8 at data\[0\]\+0x0"\);\n\trun_guest\(0,/);
  for (const absent of ['userfaultfd', '<pthread.h>', 'get_dirty_log', 'fork', 'MMIO', 'sigsetjmp'])
    expect(simple).not.toContain(absent);
});

describe.skipIf(COMPILERS.length === 0)('compiled with warnings as errors', () => {
  test.each(COMPILERS)('a hostile title is only text for %s', { timeout: 120_000 }, async (compiler) => {
    const hostile = '*/ #error out\n"); abort(); // \\ ??/ ??) /* \\';
    const text = exported({ file: '', case: { ...caseOf(), title: hostile, note: `${hostile}\n${hostile}` } }, shadow);
    const file = directory.write('case.c', text ?? '');
    expect(await compile(compiler, file, join(directory.path, 'case'))).toBe('');
    expect(readFileSync(file, 'utf8')).toContain('abort');
  });
});

test('what cannot be written as C is said in one sentence', () => {
  expect(() => exporterOf('msr')).toThrow(NotExportable);
});

function caseOf(): LoadedCase['case'] {
  if (first === undefined) throw new Error('the corpus is empty');
  return { ...first.case, scenario: simplestScenario() };
}
