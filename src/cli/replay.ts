import type { Command } from 'commander';
import type { LoadProblem, LoadedCase } from '../corpus/load.js';
import { loadCases } from '../corpus/load.js';
import { type KnownDivergence, loadKnown } from '../corpus/known.js';
import { toJson } from '../report/json.js';
import { formatReplayed, replayTotals } from '../report/replay.js';
import { REPLAY_STATUSES, type Replayed, judgeReplay } from '../triage/replay.js';
import type { Target } from '../driver/targets/target.js';
import { Executor } from './executor.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { allFamilies, parsersOf } from './families.js';
import { integerOption } from './options.js';
import type { Output } from './output.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

const MAX_TIMES = 100_000;

interface ReplayOptions extends TargetOptions {
  readonly corpus: string;
  readonly times: number;
  readonly fresh?: true;
  readonly json?: true;
}

export function addReplay(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('replay')
    .description('execute the cases of the corpus: pinned ones must match, findings say whether they still fail')
    .argument('[paths...]', 'files and directories of cases (default: the corpus)');
  addTargetOptions(command)
    .option('--corpus <dir>', 'directory of the corpus, which also holds the known divergences', 'corpus')
    .option('--times <n>', 'executions of each case', integerOption(1, MAX_TIMES), 1)
    .option('--fresh', 'each execution in a virtual machine that no other scenario has used')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline replay\n  $ faultline replay corpus/stage2 --times 10\n  $ faultline replay --target ssh:kvm-box',
    )
    .action(async (paths: readonly string[], options: ReplayOptions) => {
      done(await replay(paths.length === 0 ? [options.corpus] : paths, options, output));
    });
}

async function replay(paths: readonly string[], options: ReplayOptions, output: Output): Promise<ExitCode> {
  const wanted = targetOf(options);
  const families = await allFamilies();
  const { cases, errors } = loadCases(paths, parsersOf(families));
  for (const { line } of errors) output.err.print(line);
  if (cases.length === 0 && errors.length === 0)
    throw new CommandError(
      EXIT.usage,
      `there is no case in ${paths.join(', ')}; faultline fuzz keeps what it finds there`,
    );
  const say = (line: string): void => {
    output.err.print(line);
  };
  const kvm = cases.some((loaded) => families.get(loaded.case.family)?.needsKvm !== false);
  const target = cases.length > 0 ? await readyTarget(wanted, say, kvm) : wanted;
  const session = new Session(options, target, output);
  for (const name of new Set(cases.map((loaded) => loaded.case.family))) {
    await session.replayFamily(
      name,
      cases.filter((loaded) => loaded.case.family === name),
    );
  }
  const problems = [...errors, ...session.errors];
  const code = exitCodeFor(session.results, problems);
  if (options.json === true) {
    output.out.print(toJson('replay', { exitCode: code, cases: session.results, errors: problems }));
  } else {
    output.out.print(...replayTotals(session.results, problems.length, output.out.terminal));
  }
  return code;
}

class Session {
  readonly results: Replayed[] = [];
  readonly errors: LoadProblem[] = [];

  constructor(
    private readonly options: ReplayOptions,
    private readonly target: Target,
    private readonly output: Output,
  ) {}

  async replayFamily(name: string, cases: readonly LoadedCase[]): Promise<void> {
    const executor = await Executor.open(name, this.target);
    try {
      const { known, errors } = loadKnown(this.options.corpus, name, executor.ready.profile);
      for (const { line } of errors) this.output.err.print(line);
      this.errors.push(...errors);
      for (const loaded of cases) await this.replayCase(executor, loaded, known);
    } finally {
      await executor.close();
    }
  }

  private async replayCase(executor: Executor, loaded: LoadedCase, known: readonly KnownDivergence[]): Promise<void> {
    const { times, fresh } = this.options;
    const judged = await executor.execute(loaded.case.scenario, times, fresh === true);
    const result = judgeReplay(loaded, judged, known, executor.ready);
    this.results.push(result);
    if (this.options.json !== true) this.output.out.print(...formatReplayed(result, this.output.out.terminal));
  }
}

/** What is worst counts: a failed case, then a fault of the tool, then a bad file; skips only where nothing else ran. */
function exitCodeFor(results: readonly Replayed[], problems: readonly LoadProblem[]): ExitCode {
  const severities = results.map(({ status }) => REPLAY_STATUSES[status].severity);
  if (severities.includes('failure')) return EXIT.divergence;
  if (severities.includes('harness')) return EXIT.harness;
  if (problems.length > 0) return EXIT.usage;
  return severities.every((severity) => severity === 'skip') ? EXIT.skipped : EXIT.ok;
}
