import { randomInt } from 'node:crypto';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CampaignError } from '../campaign/crew.js';
import { runCampaign } from '../campaign/supervisor.js';
import type { CampaignOptions, CampaignSummary, Finding } from '../campaign/types.js';
import { findingLine } from '../report/finding.js';
import { toJson } from '../report/json.js';
import { ProgressView } from '../report/progress.js';
import { ruleBook } from '../report/rules.js';
import { formatSummary, untriaged } from '../report/summary.js';
import { makeDirectory } from '../util/directory.js';
import { errnoCode, errnoSentence, errorMessage } from '../util/errno.js';
import { printable } from '../util/text.js';
import { CommandError, EXIT, type ExitCode, HarnessError } from './exit.js';
import { type AnyFamily, familyNamed } from './families.js';
import { CorpusKeeper, newRunDirectory } from './keep.js';
import { durationOption, integerOption, seedOption } from './options.js';
import type { Output } from './output.js';
import { checkPlant } from './plant.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

const DEFAULT_TIME_MS = 60_000;
const MAX_WORKERS = 1024;
const MAX_SEED = 2 ** 32;

interface FuzzOptions extends TargetOptions {
  readonly family: string;
  readonly time?: number;
  readonly runs?: number;
  readonly workers: number;
  readonly seed?: number;
  readonly corpus?: string;
  readonly runDir?: string;
  readonly plant: string;
  readonly json?: true;
}

export function addFuzz(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('fuzz')
    .description('generate scenarios, predict them, execute them on KVM, and keep and minimize what diverges')
    .option('--family <name>', 'family of scenarios', 'stage2');
  addTargetOptions(command)
    .option(
      '--time <duration>',
      'stop after this time, such as 60s, 10m or 8h (default: 60s, unless --runs)',
      durationOption,
    )
    .option('--runs <n>', 'stop after this many scenarios', integerOption(1, Number.MAX_SAFE_INTEGER))
    .option('--workers <n>', 'worker processes', integerOption(1, MAX_WORKERS), availableParallelism())
    .option('--seed <n>', 'seed that every scenario follows from (default: a random one, which is printed)', seedOption)
    .option(
      '--corpus <dir>',
      'directory that findings are kept in (default: corpus; with --plant: in the run directory)',
    )
    .option('--run-dir <dir>', 'directory for the log and the summary of this run (default: a new one in runs/)')
    .option('--plant <fault>', 'self-test: commit a deliberate fault (none, driver:<fault>, model:<rule>)', 'none')
    .option('--json', 'print the summary as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline fuzz\n  $ faultline fuzz --time 8h --workers 16\n  $ faultline fuzz --seed 7 --runs 10000\n  $ faultline fuzz --family uffd\n  $ faultline fuzz --target qemu:amd64',
    )
    .action(async (options: FuzzOptions) => {
      done(await fuzz(options, output));
    });
}

async function fuzz(options: FuzzOptions, output: Output): Promise<ExitCode> {
  const family = await familyNamed(options.family);
  checkPlant(family, options.plant);
  let campaign = campaignOptions(options);
  const progress = new ProgressView(output.err.write, output.err.terminal, campaign);
  const note = (line: string): void => {
    progress.note(line);
  };
  const keeper = new CorpusKeeper(family, campaign.corpusDir, campaign.runDir, note);
  campaign = { ...campaign, target: await readyTarget(campaign.target, note, family.needsKvm) };
  makeRunDirectory(campaign.runDir);
  note(`family ${family.name}, seed ${campaign.seed}, run directory ${campaign.runDir}`);
  const summary = await run(campaign, keeper, progress);
  writeSummary(campaign.runDir, summary, note);
  printSummary(summary, family, options.json === true, output);
  for (const finding of summary.findings) printUnsaved(finding, output);
  return exitCodeOf(summary);
}

function campaignOptions(options: FuzzOptions): CampaignOptions {
  const seed = options.seed ?? randomInt(MAX_SEED);
  const { family, runs, workers, plant } = options;
  const runDir = options.runDir ?? newRunDirectory(seed, new Date());
  return {
    family,
    target: targetOf(options),
    seed,
    workers,
    timeMs: options.time ?? (runs === undefined ? DEFAULT_TIME_MS : undefined),
    runs,
    // What a planted fault breaks must not end up among real findings.
    corpusDir: options.corpus ?? (plant === 'none' ? 'corpus' : join(runDir, 'corpus')),
    runDir,
    plant,
  };
}

async function run(campaign: CampaignOptions, keeper: CorpusKeeper, view: ProgressView): Promise<CampaignSummary> {
  try {
    return await runCampaign(campaign, {
      save: (finding, profile) => keeper.save(finding, profile),
      known: (facts, profile) => keeper.known(facts, profile),
      progress: (progress) => {
        view.update(progress);
      },
      finding: (finding) => {
        view.note(findingLine(finding));
      },
      notice: (sentence) => {
        view.note(printable(sentence));
      },
      stopping: () => {
        view.note('stopping; Ctrl-C again ends at once');
      },
    });
  } catch (error) {
    if (error instanceof CampaignError && error.missing)
      throw new CommandError(EXIT.skipped, `skipped: ${error.message}`);
    if (error instanceof CampaignError) throw new HarnessError(error.message);
    throw error;
  } finally {
    view.done();
  }
}

function makeRunDirectory(directory: string): void {
  try {
    makeDirectory(directory);
    accessSync(directory, constants.W_OK);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    const sentence = `the run directory ${printable(directory)} cannot be written: ${errnoSentence(error)}; name another with --run-dir`;
    throw new CommandError(EXIT.usage, sentence);
  }
}

function writeSummary(directory: string, summary: CampaignSummary, warn: (line: string) => void): void {
  try {
    writeFileSync(join(directory, 'summary.json'), `${toJson('fuzz', summary)}\n`);
  } catch (error) {
    warn(`the summary could not be saved: ${errorMessage(error)}`);
  }
}

function printSummary(summary: CampaignSummary, family: AnyFamily, asJson: boolean, { out }: Output): void {
  if (asJson) out.print(toJson('fuzz', { exitCode: exitCodeOf(summary), ...summary }));
  else out.print(...formatSummary(summary, ruleBook(family.rules), out.terminal));
}

/** A finding that no file holds is printed in full, so that it is not lost. */
function printUnsaved(finding: Finding, { err }: Output): void {
  if (finding.file !== undefined || finding.known !== undefined) return;
  err.print(`this finding could not be saved: ${printable(finding.saveError ?? 'no reason given')}`);
  err.print(toJson('finding', finding));
}

/** Findings count first: a fault of the tool does not take them back. */
function exitCodeOf(summary: CampaignSummary): ExitCode {
  if (untriaged(summary).length > 0) return EXIT.divergence;
  if (summary.harness.length > 0) return EXIT.harness;
  const skipped = Object.values(summary.skips).reduce((sum, count) => sum + count, 0);
  if (summary.scenarios > 0 && skipped >= summary.scenarios) return EXIT.skipped;
  return EXIT.ok;
}
