import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stage2Family } from '../../../src/campaign/families/stage2.js';
import type { LoadedCase } from '../../../src/corpus/load.js';
import type { Stage2Profile } from '../../../src/scenario/profile.js';
import { parseStage2 } from '../../../src/scenario/parse.js';
import type { ExportRequest } from '../../../src/triage/export/request.js';
import type { Verdict } from '../../../src/oracle/verdict.js';
import { runToEnd, type Ended } from '../../support/faultline.js';

/** What a case is exported from on a machine; undefined where it would be skipped. */
export function requestOf({ case: value }: LoadedCase, profile: Stage2Profile): ExportRequest | undefined {
  const scenario = parseStage2(value.scenario);
  const expectation = stage2Family.predict(scenario, profile);
  if (expectation.skip !== undefined) return undefined;
  return {
    scenario,
    expectation,
    profile,
    machine: 'a machine',
    title: value.title,
    note: value.note,
    kind: value.kind,
    rules: value.rules.map(({ id }) => id),
    ruleBook: stage2Family.rules,
    plantedRule: undefined,
  };
}

const EXIT: Readonly<Partial<Record<Verdict['kind'], number>>> = { match: 0, divergence: 1, hang: 1, skip: 4 };

/** The exit code of a C file that comes to a verdict. */
export function exitOf({ kind }: Verdict): number | undefined {
  return EXIT[kind];
}

const STRICT = ['-Wall', '-Wextra', '-Werror', '-pthread'];

/** C compilers of this machine. */
export const COMPILERS = ['gcc', 'clang'].filter((name) => spawnSync(name, ['--version']).status === 0);

/** Compiles a C file with warnings as errors; gives what the compiler says. */
export async function compile(compiler: string, file: string, program: string): Promise<string> {
  const { stderr } = await runToEnd([compiler, ...STRICT, file, '-o', program], { cwd: join(program, '..') });
  return stderr;
}

/** Runs a compiled case. */
export function runProgram(program: string): Promise<Ended> {
  return runToEnd([program], { cwd: join(program, '..') });
}
