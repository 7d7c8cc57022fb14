import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { CampaignError } from '../campaign/campaignError.js';
import { MAX_FINDINGS } from '../campaign/findings.js';
import { RunError } from '../campaign/run/error.js';
import { summaryFile } from '../campaign/run/paths.js';
import { runCampaign } from '../campaign/supervisor.js';
import type { CampaignOptions, CampaignSummary, Finding } from '../campaign/types.js';
import { FileError } from '../corpus/file.js';
import { findingLine } from '../report/finding.js';
import { toJson } from '../report/json.js';
import { ProgressView } from '../report/progress.js';
import { ruleBook } from '../report/rules.js';
import { allSkipped, formatSummary, untriaged } from '../report/summary.js';
import { makeDirectory } from '../util/directory.js';
import { writeDurably } from '../util/durable.js';
import { errnoCode, errnoSentence } from '../util/errno.js';
import { printable } from '../util/text.js';
import { CommandError, EXIT, type ExitCode, HarnessError } from './exit.js';
import { type AnyFamily, familyNamed } from './families.js';
import { type FuzzOptions, focusOption, newCampaign, resumedCampaign, shardOption } from './fuzzOptions.js';
import { CorpusKeeper, whyReadOnly } from './keep.js';
import { durationOption, integerOption, seedOption } from './options.js';
import type { Output } from './output.js';
import { checkPlant } from './plant.js';
import { addTargetOptions, readyTargets } from './target.js';
import { withoutKvm } from './withoutKvm.js';

const MAX_WORKERS = 1024;

const EXAMPLES = `
Examples:
  $ faultline fuzz
  $ faultline fuzz --time 8h --workers 16
  $ faultline fuzz --seed 7 --runs 10000
  $ faultline fuzz --family all --target local,qemu:amd64 --time 8h
  $ faultline fuzz --resume runs/2026-01-31-22-00-00-seed-7
  $ faultline fuzz --shard 7:4096-4352

Now and then a few scenarios run with a fault committed on purpose, the canary, each of which must be found: a campaign
that misses one has seen nothing, and ends with exit code 3. On a terminal a few lines show its rate, findings, coverage,
workers and the time that is left; elsewhere there is a line every minute.`;

export function addFuzz(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('fuzz')
    .description('generate scenarios, predict them, execute them on KVM, and keep and minimize what diverges')
    .option(
      '--family <names>',
      'families of scenarios: one, several with commas, or all; those that need /dev/kvm are left out where there is none',
      'stage2',
    );
  addTargetOptions(command, 'several')
    .option(
      '--time <duration>',
      'stop after this time, such as 60s, 10m or 8h (default: 60s, unless something else ends it)',
      durationOption,
    )
    .option('--runs <n>', 'stop after this many scenarios', integerOption(1, Number.MAX_SAFE_INTEGER))
    .option('--findings <n>', 'stop after this many findings that are not known', integerOption(1, MAX_FINDINGS))
    .option('--workers <n>', 'worker processes', integerOption(1, MAX_WORKERS), availableParallelism())
    .option('--seed <n>', 'seed that every scenario follows from (default: a random one, which is printed)', seedOption)
    .option('--shard <seed:from-to>', 'only these scenarios of a seed, the last one excluded', shardOption)
    .option('--focus <json>', 'what the generator preferred in the shard, if the campaign told it', focusOption)
    .option('--resume <run>', 'go on with the campaign of this run directory after a kill, a crash or Ctrl-C')
    .option(
      '--corpus <dir>',
      'directory that findings are kept in (default: corpus; with --plant: in the run directory)',
    )
    .option('--run-dir <dir>', 'directory for the journal and the summary of this run (default: a new one in runs/)')
    .option('--plant <fault>', 'self-test: commit a deliberate fault (none, driver:<fault>, model:<rule>)', 'none')
    .option('--json', 'print the summary as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: FuzzOptions) => {
      done(await fuzz(options, command, output));
    });
}

async function fuzz(options: FuzzOptions, command: Command, output: Output): Promise<ExitCode> {
  const { resume, json } = options;
  if (resume !== undefined) return conduct(resumedCampaign(resume, command), json === true, output);
  const isDefault = command.getOptionValueSource('family') === 'default';
  const campaign = await withoutKvm(await newCampaign(options), isDefault, (line) => {
    output.err.print(line);
  });
  return conduct(campaign, json === true, output);
}

/** Runs a campaign and prints what came of it. */
export async function conduct(asked: CampaignOptions, asJson: boolean, output: Output): Promise<ExitCode> {
  let campaign = asked;
  const families = await Promise.all(campaign.families.map(familyNamed));
  for (const family of families) checkPlant(family, campaign.plant);
  const view = new ProgressView(output.err.write, output.err.terminal, campaign, output.err.size);
  const note = (line: string): void => {
    view.note(line);
  };
  const keeper = new CorpusKeeper(families, campaign.corpusDir, campaign.runDir, note);
  const kvm = families.some(({ needsKvm }) => needsKvm);
  campaign = { ...campaign, targets: await readyTargets(campaign.targets, note, kvm) };
  makeRunDirectory(campaign.runDir);
  note(headline(campaign));
  const readOnly = whyReadOnly(campaign.corpusDir);
  if (readOnly !== undefined) note(`${readOnly}; findings stay in the run directory, and are printed in full`);
  const summary = await run(campaign, keeper, view);
  writeSummary(campaign.runDir, summary, note);
  printSummary(summary, families, asJson, output);
  return campaignExit(summary);
}

function headline({ families, seed, runDir, resume }: CampaignOptions): string {
  const words = families.length === 1 ? 'family' : 'families';
  return `${words} ${families.join(', ')}, seed ${seed}, ${resume === true ? 'resumed in ' : ''}run directory ${runDir}`;
}

async function run(campaign: CampaignOptions, keeper: CorpusKeeper, view: ProgressView): Promise<CampaignSummary> {
  try {
    return await runCampaign(campaign, {
      save: (finding, profile) => keeper.save(finding, profile),
      known: (facts, profile) => keeper.known(facts, profile),
      kept: (finding) => keeper.kept(finding),
      progress: (progress) => {
        view.update(progress);
      },
      finding: (finding) => {
        view.note(findingLine(finding));
        for (const line of unsaved(finding)) view.note(line);
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
    if (error instanceof RunError || error instanceof FileError) throw new CommandError(EXIT.usage, error.message);
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
    writeDurably(summaryFile(directory), `${toJson('fuzz', summary)}\n`);
  } catch (error) {
    warn(`the summary could not be saved: ${errnoSentence(error)}`);
  }
}

function printSummary(
  summary: CampaignSummary,
  families: readonly AnyFamily[],
  asJson: boolean,
  { out }: Output,
): void {
  if (asJson) out.print(toJson('fuzz', { exitCode: campaignExit(summary), ...summary }));
  else out.print(...formatSummary(summary, ruleBook(families.flatMap(({ rules }) => rules)), out.terminal));
}

/** A finding that no file of the corpus holds is printed in full at once, so that it is not lost. */
function unsaved(finding: Finding): string[] {
  if (finding.file !== undefined || finding.known !== undefined) return [];
  const why = printable(finding.saveError ?? 'no reason given');
  return [`this finding could not be saved: ${why}`, toJson('finding', finding)];
}

/** Findings count first: a fault of the tool does not take them back. */
export function campaignExit(summary: CampaignSummary): ExitCode {
  if (untriaged(summary).length > 0) return EXIT.divergence;
  if (summary.harness.length > 0) return EXIT.harness;
  if (allSkipped(summary)) return EXIT.skipped;
  return EXIT.ok;
}
