import { join } from 'node:path';
import pLimit from 'p-limit';
import { describe, expect, test } from 'vitest';
import { Executor } from '../../../src/cli/executor.js';
import type { LoadedCase } from '../../../src/corpus/load.js';
import type { Stage2Profile } from '../../../src/scenario/profile.js';
import { exportC } from '../../../src/triage/export/exportC.js';
import { loaded } from '../../corpus-cases/corpus.js';
import { needsKvm } from '../../support/kvm.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { representative } from './sample.js';
import { compile, COMPILERS, exitOf, requestOf, runProgram } from './support.js';

const directory = temporaryDirectory();
const x86 = loaded.cases.filter(({ case: { scenario } }) => (scenario as { arch: string }).arch === 'x86_64');

interface Compared {
  readonly file: string;
  readonly replayed: number | undefined;
  readonly exported: number | null;
  readonly output: string;
}

async function compare(one: LoadedCase, index: number, executor: Executor): Promise<Compared | undefined> {
  const request = requestOf(one, executor.ready.profile as Stage2Profile);
  if (request === undefined) return undefined;
  const program = join(directory.path, `case${index}`);
  const file = directory.write(`case${index}.c`, exportC(request));
  expect(await compile(COMPILERS[0] ?? '', file, program)).toBe('');
  const { code, stdout } = await runProgram(program);
  const [judged] = await executor.execute(one.case.scenario, 1, true);
  return { file: one.file, replayed: judged && exitOf(judged.execution.verdict), exported: code, output: stdout };
}

describe('on KVM', { timeout: 600_000 }, () => {
  test('the C files of cases that have it all come to the same verdicts as replaying', async ({ skip }) => {
    needsKvm(skip);
    if (process.arch !== 'x64') skip('these cases are for x86_64');
    if (COMPILERS.length === 0) skip('there is no C compiler');
    const executor = await Executor.open('stage2', { kind: 'local' });
    const oneAtATime = pLimit(1);
    try {
      const sample = representative(x86);
      const results = await Promise.all(sample.map((one, i) => oneAtATime(() => compare(one, i, executor))));
      const compared = results.filter((result) => result !== undefined);
      const different = compared.filter(({ replayed, exported }) => replayed !== exported);
      expect(different).toEqual([]);
      expect(compared.length).toBeGreaterThan(20);
      expect(new Set(compared.map(({ exported }) => exported))).toContain(0);
      for (const { output } of compared) expect(output).toMatch(/^KTAP version 1\n1\.\.\d+( # SKIP .+)?\n/);
    } finally {
      await executor.close();
    }
  });
});
