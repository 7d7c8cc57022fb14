import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Executor } from '../../../src/cli/executor.js';
import { prepareTarget } from '../../../src/driver/remote/openTarget.js';
import { findProgram } from '../../../src/driver/targets/programs.js';
import type { Stage2Profile } from '../../../src/scenario/profile.js';
import { exportC } from '../../../src/triage/export/exportC.js';
import { loaded } from '../../corpus-cases/corpus.js';
import { bootable, need } from '../../driver/targets/bootable.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { CROSS_COMPILER, crossCompile, runInGuest } from './guest.js';
import { representative } from './sample.js';
import { exitOf, requestOf } from './support.js';

/** Emulation on a busy machine, and a compiler for each case. */
const SLOW_MS = 900_000;
const directory = temporaryDirectory();
const arm = loaded.cases.filter(({ case: { scenario } }) => (scenario as { arch: string }).arch === 'aarch64');

test(
  'on an arm64 kernel the C files come to the same verdicts as replaying',
  { timeout: SLOW_MS },
  async ({ skip }) => {
    await need(skip, () => findProgram(CROSS_COMPILER));
    const target = await prepareTarget(await bootable('arm64', skip), () => undefined);
    if (target.kind !== 'qemu') throw new Error('it boots nothing');
    const executor = await Executor.open('stage2', target);
    const programs = new Map<string, string>();
    const replayed = new Map<string, number | undefined>();
    try {
      for (const [index, one] of representative(arm).entries()) {
        const request = requestOf(one, executor.ready.profile as Stage2Profile);
        if (request === undefined) continue;
        const name = `${index}`.padStart(3, '0');
        programs.set(name, join(directory.path, name));
        crossCompile(directory.write(`${name}.c`, exportC(request)), join(directory.path, name));
        const [judged] = await executor.execute(one.case.scenario, 1, true);
        replayed.set(name, judged && exitOf(judged.execution.verdict));
      }
    } finally {
      await executor.close();
    }
    const exported = await runInGuest(target, programs, directory.path);
    const codes = [...replayed.keys()].map((name) => [name, exported.get(name)?.code]);
    const different = [...exported].filter(([name, { code }]) => code !== replayed.get(name));
    expect(different).toEqual([]);
    expect(codes).toEqual([...replayed]);
    expect(replayed.size).toBeGreaterThan(20);
    expect(new Set(replayed.values())).toContain(0);
    for (const { output } of exported.values()) expect(output).toMatch(/^KTAP version 1\n1\.\.\d+( # SKIP .+)?\n/);
  },
);
