import pLimit from 'p-limit';
import { errorMessage } from '../util/errno.js';
import type { InFlight } from '../driver/blackBox.js';
import type { Mismatch, Verdict } from '../oracle/verdict.js';
import { type Batch, type Place, numberOf } from './batches.js';
import type { Crew } from './crew.js';
import { draftOf, type Fatal, NOWHERE, type Origin, UNKNOWN_SCENARIO } from './draft.js';
import type { Findings } from './findings.js';
import { type InvestigationLimits, NO_REPRODUCTION, SLOW_TRIES, type StopSignal } from './investigate.js';
import { placeOf } from './seeds.js';
import { simplest, type Simplest } from './simplest.js';
import type { DeathKind, Finding } from './types.js';
import { WorkerDeath } from './death.js';

/** Deaths that are confirmed and reduced; later ones are kept as they were generated. */
const MAX_REDUCED = 24;
/** Deaths that are looked into at once, and that may wait for it before a campaign does. */
const AT_ONCE = 2;
const MAX_WAITING = 8;

/** What is known about a death. */
export interface Explained {
  /** Undefined: it could not be found out. */
  readonly signature: string | undefined;
  /** The scenario did it in new workers as well. */
  readonly confirmed: boolean;
}

/** Finds out about executions that took their worker along. */
export class Deaths {
  private reduced = 0;
  private readonly limit = pLimit(AT_ONCE);
  private readonly open = new Set<Promise<void>>();

  constructor(
    private readonly crew: Crew,
    private readonly findings: Findings,
    private readonly limits: InvestigationLimits,
    private readonly stop: StopSignal,
    private readonly leg: { readonly family: string; readonly target: string },
    /** Where the scenario of this number comes from. */
    private readonly placeAt: (number: number) => Place,
    /** Recent lines of the kernel log that are about this process. */
    private readonly kernelLines: (pid: number) => readonly string[],
  ) {}

  /**
   * Has a death looked into beside the campaign: the worker's place is not to wait for it. Resolves when it is known whether the
   * scenario does it again.
   *
   * @param onProblem told in one sentence that it could not be done.
   */
  take(death: WorkerDeath, inFlight: InFlight, onProblem: (sentence: string) => void): Promise<Explained> {
    return new Promise((resolve) => {
      const task = this.limit(() => this.run(death, inFlight, resolve))
        .catch((error: unknown) => {
          onProblem(`a death could not be looked into: ${errorMessage(error)}`);
          resolve({ signature: undefined, confirmed: true });
        })
        .finally(() => this.open.delete(task));
      this.open.add(task);
    });
  }

  /** Resolves at once, unless many deaths wait to be looked into. */
  async room(): Promise<void> {
    if (this.open.size > MAX_WAITING) await Promise.race(this.open);
  }

  /** Deaths that are being looked into, or wait for it. */
  get pending(): number {
    return this.open.size;
  }

  /** Resolves when every death has been looked into. */
  async idle(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }

  /** A worker died, or was killed for its silence, in the execution that its black box names. */
  private async run(death: WorkerDeath, inFlight: InFlight, tell: (explained: Explained) => void): Promise<void> {
    const verdict = this.verdictOf(death, inFlight);
    const origin = await this.originOf(inFlight, death.scenario);
    const signature = await this.describe(origin.scenario, verdict, inFlight.step);
    if (!this.findings.enter(signature)) {
      tell({ signature, confirmed: (this.findings.get(signature)?.reproduction.freshHits ?? 0) > 0 });
      return;
    }
    const finding = this.draft(verdict, origin, signature, inFlight.step);
    this.findings.note(finding, { silent: death.silent, how: death.how });
    await this.again(finding, death, (confirmed) => {
      tell({ signature, confirmed });
    });
  }

  /**
   * Finds out about a death that is noted and no more, maybe by a campaign that was killed.
   *
   * @param tell told whether the scenario does it again.
   */
  async again(finding: Finding, death: DeathKind, tell: (confirmed: boolean) => void = () => undefined): Promise<void> {
    if (finding.scenario === UNKNOWN_SCENARIO || this.stop.requested || ++this.reduced > MAX_REDUCED) {
      this.findings.done(this.findings.keep(finding));
      tell(false);
      return;
    }
    // Until it is reduced the journal has it: reducing may change the signature, which names the file in the corpus.
    const confirmed = await this.confirm(finding, death);
    tell(confirmed.reproduction.freshHits > 0);
    const inCorpus = this.findings.fromCorpus(confirmed);
    if (inCorpus !== undefined) this.findings.done(inCorpus);
    else if (confirmed.reproduction.freshHits === 0) this.findings.done(this.findings.keep(confirmed));
    else await this.reduce(confirmed, death);
  }

  /**
   * Several scenarios were in flight when a target died, and none of them kills one alone, or not all could be tried: what is
   * known is kept, without a scenario.
   */
  unexplained(death: WorkerDeath, { suspects, step }: InFlight, { seed }: Batch, allTried: boolean): string {
    const places = suspects.flatMap((id) => placeOf(id)?.index ?? []);
    const runs = `runs ${places[0] ?? 0} to ${places.at(-1) ?? 0} of seed ${seed}`;
    const verdict = this.verdictOf(death, { step });
    const signature = `${this.leg.family}/${verdict.kind}/no scenario alone`;
    if (!this.findings.enter(signature)) return signature;
    const origin = { scenario: UNKNOWN_SCENARIO, seed, path: String(places[0] ?? 0), shard: undefined };
    const why = allTried ? 'none of them alone brings it back' : 'the campaign ended before the one was found';
    const minimized = `not minimized: it came while ${runs} were executed together, and ${why}`;
    const finding = { ...this.draft(verdict, origin, signature, step), minimized };
    this.findings.note(finding);
    this.findings.done(this.findings.keep(finding));
    return signature;
  }

  private verdictOf(death: WorkerDeath, { step }: { readonly step: number }): Fatal {
    const kernel = this.kernelLines(death.pid);
    const detail = [...death.lines, ...kernel].join('\n');
    return death.silent ? { kind: 'hang', step, detail } : { kind: 'crash', detail };
  }

  /** The scenario of an execution: regenerated from its batch, or what the worker left in a file. */
  private async originOf({ id }: InFlight, left: unknown): Promise<Origin> {
    const place = placeOf(id);
    if (place === undefined) return { scenario: left ?? UNKNOWN_SCENARIO, ...NOWHERE };
    const { origin, shard } = this.placeAt(numberOf(place));
    const scenario = await this.crew.consult((worker) => worker.request({ kind: 'generate', ...origin }));
    return { scenario, seed: origin.seed, path: String(origin.index), shard };
  }

  private async describe(scenario: unknown, verdict: Verdict, step: number): Promise<string> {
    if (scenario === UNKNOWN_SCENARIO) return `${this.leg.family}/${verdict.kind}/unknown scenario`;
    const signature = await this.crew.consult((worker) =>
      worker.request({ kind: 'describe', scenario, verdict, step }),
    );
    return signature?.text ?? `${this.leg.family}/${verdict.kind}`;
  }

  private draft(verdict: Fatal, origin: Origin, signature: string, step: number): Finding {
    return draftOf(this.leg, verdict, origin, signature, mismatchOf(verdict, step));
  }

  /** Executes the scenario in new workers, which it may take down again. */
  private async confirm(finding: Finding, death: DeathKind): Promise<Finding> {
    const freshTries = death.silent ? SLOW_TRIES : this.limits.freshTries;
    const runs = Array.from({ length: freshTries }, () => this.dies(finding.scenario, death));
    const freshHits = (await Promise.all(runs)).filter((step) => step !== undefined).length;
    return { ...finding, reproduction: { ...NO_REPRODUCTION, freshTries, freshHits } };
  }

  /** The step in which the scenario takes a new worker down in the same way; undefined: it does not. */
  private async dies(scenario: unknown, like: DeathKind): Promise<number | undefined> {
    if (scenario === UNKNOWN_SCENARIO) return undefined;
    try {
      await this.crew.disposable((worker) => worker.request({ kind: 'execute', scenario, times: 1, freshVm: true }));
      return undefined;
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw error;
      const same = error.silent === like.silent && error.how === like.how;
      return same ? (error.inFlight?.step ?? 0) : undefined;
    }
  }

  private async reduce(finding: Finding, death: DeathKind): Promise<void> {
    const smallest = await this.simplest(finding.original, death);
    const { executions, scenario, step } = smallest;
    const minimized = `${executions} executions in processes of their own; ${smallest.end}`;
    if (step === undefined) {
      this.findings.done(this.findings.keep({ ...finding, minimized }));
      return;
    }
    const verdict = inStep(finding.verdict, step);
    const signature = await this.describe(scenario, verdict, step);
    const reduced = { ...finding, signature, verdict, mismatches: [mismatchOf(verdict, step)], scenario, minimized };
    if (signature !== finding.signature) {
      // The same signature is the same finding: the new one only counts, and what was generated is dropped.
      const fresh = this.findings.enter(signature);
      if (fresh) this.findings.note(reduced, death);
      this.findings.rename(finding.signature, signature);
      if (!fresh) return;
    }
    this.findings.done(this.findings.keep(reduced));
  }

  /** Goes from simpler to simpler scenario as long as one takes its worker down. */
  private async simplest(original: unknown, death: DeathKind): Promise<Smallest> {
    let step: number | undefined;
    const stillDies = async (scenario: unknown): Promise<boolean> => {
      const died = await this.dies(scenario, death);
      step = died ?? step;
      return died !== undefined;
    };
    const { crew, limits, stop } = this;
    return { ...(await simplest(crew, original, stillDies, limits.disposableExecutions, stop)), step };
  }
}

function inStep(verdict: Verdict, step: number): Fatal {
  if (verdict.kind === 'hang') return { ...verdict, step };
  return { kind: 'crash', detail: verdict.kind === 'crash' ? verdict.detail : '' };
}

function mismatchOf(verdict: Fatal, step: number): Mismatch {
  const observed = verdict.detail.split('\n', 1)[0] ?? '';
  return { rule: verdict.kind, step, expected: 'the scenario ends and the worker lives', observed };
}

interface Smallest extends Simplest {
  /** The step in which it dies; undefined: nothing simpler than the original does. */
  readonly step: number | undefined;
}
