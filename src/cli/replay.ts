import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { onInterrupt } from '../campaign/interrupt.js';
import { StopRequest } from '../campaign/stop.js';
import { loadCases } from '../corpus/load.js';
import { targetName } from '../driver/targets/target.js';
import { testName } from '../report/reporters/name.js';
import { REPLAY_STATUSES, type Replayed } from '../triage/replay.js';
import { CommandError, EXIT, explainError, type ExitCode } from './exit.js';
import { allFamilies, parsersOf } from './families.js';
import { integerOption } from './options.js';
import type { Output } from './output.js';
import { ReplaySession } from './replaySession.js';
import { addReporterOptions, Reporters, type ReporterOptions } from './reporters.js';
import { addTargetOptions, targetOf, type TargetOptions } from './target.js';

const MAX_TIMES = 100_000;

interface ReplayOptions extends TargetOptions, ReporterOptions {
  readonly corpus: string;
  readonly times: number;
  readonly fresh?: true;
}

export function addReplay(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('replay')
    .description('execute the cases of the corpus: pinned ones must match, findings say whether they still fail')
    .argument('[paths...]', 'files and directories of cases (default: the corpus)');
  addTargetOptions(command)
    .option('--corpus <dir>', 'directory of the corpus, which also holds the known divergences', 'corpus')
    .option('--times <n>', 'executions of each case', integerOption(1, MAX_TIMES), 1)
    .option('--fresh', 'each execution in a virtual machine that no other scenario has used');
  addReporterOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline replay\n  $ faultline replay corpus/stage2 --times 10' +
        '\n  $ faultline replay --target qemu:arm64 --kernel ~/linux/arch/arm64/boot/Image --reporter ktap --reporter junit=report.xml' +
        '\n\nCtrl-C ends it with the report of what ran, and exit code 130; a second one ends it at once.',
    )
    .action(async (paths: readonly string[], options: ReplayOptions) => {
      done(await replay(paths.length === 0 ? [options.corpus] : paths, options, output));
    });
}

async function replay(paths: readonly string[], options: ReplayOptions, output: Output): Promise<ExitCode> {
  const { corpus, times, fresh } = options;
  const target = targetOf(options);
  const families = await allFamilies();
  const { cases, errors } = loadCases(paths, parsersOf(families));
  const say = (line: string): void => {
    output.err.print(line);
  };
  for (const { line } of errors) say(line);
  if (cases.length === 0 && errors.length === 0)
    throw new CommandError(
      EXIT.usage,
      `there is no case in ${paths.join(', ')}; faultline fuzz keeps what it finds there`,
    );
  const reporters = new Reporters(options, output);
  const [startedAt, start] = [new Date(), performance.now()];
  const id = `${startedAt.getTime().toString(36)}-${randomBytes(4).toString('hex')}`;
  const planned = cases.length + errors.length;
  reporters.tell((reporter) => {
    reporter.begin({ id, target: targetName(target), startedAt, times, planned });
    for (const error of errors) reporter.refused({ ...error, name: testName(error.file, corpus) });
  });
  const settings = { target, corpus, times, fresh: fresh === true };
  const stop = new StopRequest();
  const session = new ReplaySession(settings, families, reporters.tell, say, stop);
  const forget = onInterrupt(stop, () => {
    say('stopping; Ctrl-C again ends at once');
  });
  await session.replay(cases).finally(forget);
  for (const { line } of session.problems) say(line);
  const judged = exitCodeFor(session.results, errors.length + session.problems.length);
  const exitCode = stop.requested ? EXIT.interrupted : judged;
  const durationMs = Math.round(performance.now() - start);
  const broken = session.error === undefined ? undefined : explainError(session.error);
  reporters.tell((reporter) => {
    reporter.end({ exitCode, durationMs, broken: broken?.line });
  });
  reporters.close();
  return conclude(session, exitCode, reporters, output);
}

/** An error that the exit code speaks of ends the command like any other; a finding outweighs it. */
function conclude({ error }: ReplaySession, exitCode: ExitCode, { problems }: Reporters, { err }: Output): ExitCode {
  if (error !== undefined) {
    const { code, line } = explainError(error);
    if (code === exitCode) throw error;
    err.print(line);
  }
  return problems.length > 0 && (exitCode === EXIT.ok || exitCode === EXIT.skipped) ? EXIT.usage : exitCode;
}

/** What is worst counts: a failed case, then a fault of the tool, then a bad file; skips only where nothing else ran. */
function exitCodeFor(results: readonly Replayed[], badFiles: number): ExitCode {
  const severities = results.map(({ status }) => REPLAY_STATUSES[status].severity);
  if (severities.includes('failure')) return EXIT.divergence;
  if (severities.includes('harness')) return EXIT.harness;
  if (badFiles > 0) return EXIT.usage;
  return severities.every((severity) => severity === 'skip') ? EXIT.skipped : EXIT.ok;
}
