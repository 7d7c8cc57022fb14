import type { StopRequest } from '../campaign/stop.js';
import { type RuleBook, ruleBook } from '../report/rules.js';
import type { CaseResult, ReplayReporter } from '../report/reporters/reporter.js';
import { testName } from '../report/reporters/name.js';
import { type KnownDivergence, loadKnown } from '../corpus/known.js';
import type { LoadedCase, LoadProblem } from '../corpus/load.js';
import { judgeReplay, neverRan, type Replayed } from '../triage/replay.js';
import type { Target } from '../driver/targets/target.js';
import { errorMessage } from '../util/errno.js';
import { oneLine } from '../util/text.js';
import { Executor } from './executor.js';
import { EXIT, explainError, HarnessError, InterruptError } from './exit.js';
import type { AnyFamily } from './families.js';
import { readyTarget } from './target.js';

export interface ReplaySettings {
  readonly target: Target;
  /** Directory of the corpus: known divergences, and what names are relative to. */
  readonly corpus: string;
  /** Executions of each case. */
  readonly times: number;
  /** Each execution in a virtual machine of its own. */
  readonly fresh: boolean;
}

/** Executes cases family by family and tells reporters what comes of each, of those too that are never reached. */
export class ReplaySession {
  readonly results: Replayed[] = [];
  /** What is wrong with known divergences. */
  readonly problems: LoadProblem[] = [];
  /** What ended the session before its last case. */
  error: Error | undefined;
  /** The family that began last. */
  private opened: string | undefined;

  /**
   * @param tell tells every reporter.
   * @param say told before something that takes time.
   * @param stop ends the session behind the execution that is under way.
   */
  constructor(
    private readonly settings: ReplaySettings,
    private readonly families: ReadonlyMap<string, AnyFamily>,
    private readonly tell: (action: (reporter: ReplayReporter) => void) => void,
    private readonly say: (line: string) => void,
    private readonly stop: StopRequest,
  ) {}

  async replay(cases: readonly LoadedCase[]): Promise<void> {
    for (const name of new Set(cases.map((loaded) => loaded.case.family))) {
      const remaining = cases.filter((loaded) => loaded.case.family === name);
      try {
        if (this.isLost() && this.error !== undefined) throw this.error;
        await this.replayFamily(name, remaining);
      } catch (error) {
        this.giveUp(name, remaining, error);
      }
    }
    if (this.stop.requested) this.error ??= new InterruptError('interrupted');
  }

  /** What one family lacks on this machine, another may not need. */
  private isLost(): boolean {
    if (this.error === undefined) return false;
    return this.settings.target.kind !== 'local' || explainError(this.error).code !== EXIT.skipped;
  }

  /** @param remaining cases are taken from it as they end. */
  private async replayFamily(name: string, remaining: LoadedCase[]): Promise<void> {
    const needsKvm = this.families.get(name)?.needsKvm;
    const executor = await Executor.open(name, await readyTarget(this.settings.target, this.say, needsKvm));
    this.opened = name;
    try {
      const { profile } = executor.ready;
      const { known, errors } = loadKnown(this.settings.corpus, name, profile);
      this.problems.push(...errors);
      this.tell((reporter) => {
        reporter.suite({ family: name, profile, known, rules: this.rulesOf(name) });
        for (const problem of errors) reporter.problem(problem);
      });
      for (let next = remaining[0]; next !== undefined; next = remaining[0]) {
        if (this.stop.requested) throw new InterruptError('interrupted');
        await this.replayCase(executor, next, known);
        remaining.shift();
      }
    } finally {
      await executor.close();
    }
  }

  private async replayCase(executor: Executor, loaded: LoadedCase, known: readonly KnownDivergence[]): Promise<void> {
    const { times, fresh } = this.settings;
    const startedAt = new Date();
    const start = performance.now();
    const judged = await executor.execute(loaded.case.scenario, times, fresh, this.stop);
    const durationMs = Math.round((performance.now() - start) * 1000) / 1000;
    this.ended(loaded, judgeReplay(loaded, judged, known, executor.ready), startedAt, durationMs);
  }

  /** Every case of the plan gets a result, whatever happened to the target. */
  private giveUp(family: string, remaining: readonly LoadedCase[], error: unknown): void {
    const wasThere = this.opened === family;
    const problem = wasThere ? targetLost(error) : error;
    this.error ??= problem instanceof Error ? problem : new Error(String(problem));
    if (!wasThere) {
      this.tell((reporter) => {
        reporter.suite({ family, profile: undefined, known: [], rules: this.rulesOf(family) });
      });
    }
    const status = explainError(problem).code === EXIT.skipped ? 'skip' : 'missed';
    const why = oneLine(reasonOf(problem));
    for (const loaded of remaining) this.ended(loaded, neverRan(loaded, status, why), new Date(), 0);
  }

  private ended(loaded: LoadedCase, replayed: Replayed, startedAt: Date, durationMs: number): void {
    const { family, scenario } = loaded.case;
    const steps = this.families.get(family)?.size(scenario) ?? 0;
    const name = testName(loaded.file, this.settings.corpus, family);
    const result: CaseResult = { name, replayed, steps, startedAt, durationMs };
    this.results.push(replayed);
    this.tell((reporter) => {
      reporter.result(result);
    });
  }

  private rulesOf(family: string): RuleBook {
    return ruleBook(this.families.get(family)?.rules ?? []);
  }
}

/** A target that was there and is gone is not one that can run nothing. */
function targetLost(error: unknown): unknown {
  if (explainError(error).code !== EXIT.skipped) return error;
  return new HarnessError(`the target was lost: ${reasonOf(error)}`);
}

function reasonOf(error: unknown): string {
  return errorMessage(error).replace(/^skipped: /, '');
}
