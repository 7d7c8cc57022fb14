import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { parsePlant, planted } from '../campaign/plant.js';
import type { Judged } from '../campaign/pipeline.js';
import type { Case } from '../corpus/case.js';
import { brokenRules } from '../oracle/verdictLine.js';
import { reproductionSentence } from '../report/finding.js';
import { machineWords } from '../report/machine.js';
import { exporterOf } from '../triage/export/exporters.js';
import type { Tried } from '../triage/export/mail.js';
import { NotExportable } from '../triage/export/request.js';
import { errnoSentence } from '../util/errno.js';
import { printable } from '../util/text.js';
import { Executor } from './executor.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { AnyFamily } from './families.js';
import { readCase } from './oneCase.js';
import type { Output } from './output.js';
import { addPlantOption, checkPlant } from './plant.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

const FORMATS = ['c', 'mail'] as const;
/** Executions from which a mail says how often it fails. */
const TRIES = 10;

interface ExportOptions extends TargetOptions {
  readonly format: (typeof FORMATS)[number];
  readonly output?: string;
  readonly plant: string;
}

export function addExport(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('export')
    .description('write a case as one C file that needs nothing of Faultline, or as a report to send with it')
    .argument('<case>', 'file of the case')
    .addOption(
      new Option('--format <format>', 'c: the C file; mail: a report with what was observed and the C file')
        .choices(FORMATS)
        .default('c'),
    )
    .option('--output <file>', 'write it there instead of printing it');
  addTargetOptions(command);
  addPlantOption(command).addHelpText(
    'after',
    '\nExamples:\n  $ faultline export corpus/stage2/dirty.write-1f2e3d4c.json --output case.c\n' +
      '  $ cc -Wall -Wextra -pthread case.c -o case && ./case\n' +
      '  $ faultline export finding.json --format mail | less' +
      '\n\nWhat the C file checks is what the model expects on the target, which is probed for it. It prints KTAP and exits with' +
      '\n0 (as expected), 1 (not so), 4 (the machine lacks something) or 3 (the test itself failed).' +
      '\nOnly faults of the model can be planted: the C file has no driver that could commit one.',
  );
  command.action(async (file: string, options: ExportOptions) => {
    done(await exportCase(file, options, output));
  });
}

async function exportCase(file: string, options: ExportOptions, output: Output): Promise<ExitCode> {
  const { value, family } = await readCase(file);
  checkPlant(family, options.plant);
  const plant = parsePlant(options.plant);
  if (plant.driver !== 'none')
    throw new CommandError(
      EXIT.usage,
      'a fault of the driver cannot show in C, where there is none: plant one of the model',
    );
  const say = (line: string): void => {
    output.err.print(line);
  };
  const target = await readyTarget(targetOf(options), say, family.needsKvm);
  const executor = await Executor.open(family.name, target, options.plant);
  try {
    const text = await textOf(file, value, planted(family, plant), plant.model, executor, options);
    if (options.output === undefined) output.out.write(text);
    else write(options.output, text);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof NotExportable) throw new CommandError(EXIT.usage, `${printable(file)}: ${error.message}`);
    throw error;
  } finally {
    await executor.close();
  }
}

async function textOf(
  file: string,
  value: Case,
  family: AnyFamily,
  plantedRule: string | undefined,
  executor: Executor,
  { format, output }: ExportOptions,
): Promise<string> {
  const { profile } = executor.ready;
  const exporter = exporterOf(family.name);
  const expectation = family.predict(value.scenario, profile);
  if (expectation.skip !== undefined)
    throw new CommandError(
      EXIT.skipped,
      `skipped: ${printable(expectation.skip)}; name a machine that can with --target`,
    );
  const request = {
    scenario: value.scenario,
    expectation,
    profile,
    machine: machineWords(profile),
    title: value.title,
    note: value.note,
    kind: value.kind,
    rules: value.rules.map(({ id }) => id),
    ruleBook: family.rules,
    plantedRule,
  };
  if (format === 'c') return exporter.c(request);
  const tried = triedOf(await executor.execute(value.scenario, TRIES, true));
  const recorded = value.found === undefined ? undefined : reproductionSentence(value.found.reproduction);
  const fileName = `${basename(output ?? file).replace(/\.[^.]*$/, '')}.c`;
  return exporter.mail({ ...request, tried, recorded, fileName });
}

/** What executing the case came to; the timeline is that of the first execution that failed. */
function triedOf(judged: readonly Judged[]): Tried {
  const failed = judged.filter(({ signature }) => signature !== undefined);
  const shown = failed[0] ?? judged[0];
  const verdict = shown?.execution.verdict;
  const broken = verdict?.kind === 'divergence' ? brokenRules(verdict.mismatches) : [];
  return { times: judged.length, hits: failed.length, broken, timeline: shown?.execution.timeline ?? [] };
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandError(EXIT.usage, `${printable(file)} cannot be written: ${errnoSentence(error)}`);
  }
}
