import { errorMessage } from '../../util/errno.js';
import type { Crew } from '../crew.js';
import { WorkerDeath } from '../death.js';
import { draftOf, NOWHERE, type Origin, UNKNOWN_SCENARIO } from '../draft.js';
import type { Findings } from '../findings.js';
import type { InvestigationLimits, StopSignal } from '../investigate.js';
import type { Ledger } from '../ledger.js';
import type { Place } from '../batches.js';
import type { Range } from '../run/ranges.js';
import { simplest } from '../simplest.js';
import type { Finding } from '../types.js';
import type { KernelReport } from './log.js';
import { Trials } from './trials.js';

/** What a finding of the kernel log is made with. */
export interface TroublesParts {
  readonly crew: Crew;
  readonly findings: Findings;
  readonly ledger: Ledger;
  readonly limits: InvestigationLimits;
  readonly stop: StopSignal;
  readonly leg: { readonly family: string; readonly target: string };
  /** Where the scenario of this number comes from. */
  readonly placeAt: (number: number) => Place;
}

/** Makes findings of what the kernel reports about a leg's workers, and looks for the scenarios that bring it about. */
export class Troubles {
  private readonly trials: Trials;
  /** One after the other: each may start many workers. */
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly parts: TroublesParts) {
    this.trials = new Trials(parts.crew, parts.placeAt);
  }

  /**
   * The kernel reported trouble in a thread of a worker.
   *
   * @param suspects what the worker may have been executing; undefined: it is not known.
   */
  take(report: KernelReport, pid: number, suspects: Range | undefined): void {
    const { leg, findings, ledger } = this.parts;
    const headline = withoutNumbers(report.lines[0] ?? '');
    if (this.trials.seen(pid, headline)) return;
    const signature = `${leg.family}/kernel-log/${headline}`;
    ledger.addOutside({ repeats: { [signature]: 1 } });
    if (!findings.enter(signature)) return;
    this.queue = this.queue
      .then(() => this.investigate(report, headline, signature, suspects))
      .catch((error: unknown) => {
        const sentence = `a kernel report could not be looked into: ${errorMessage(error)}`;
        ledger.addOutside({ harness: { [sentence]: 1 } });
      });
  }

  /** The kernel log has been read. */
  looked(): void {
    this.trials.looked();
  }

  /** Nobody reads the kernel log any more: what is not found by now is not looked for. */
  async settle(): Promise<void> {
    this.trials.end();
    await this.queue;
  }

  private async investigate(
    report: KernelReport,
    headline: string,
    signature: string,
    suspects: Range | undefined,
  ): Promise<void> {
    const { findings, leg } = this.parts;
    const nearest = await this.originAt(suspects === undefined ? undefined : suspects.to - 1);
    const verdict = { kind: 'crash', detail: report.lines.join('\n') } as const;
    const observed = report.lines[0] ?? '';
    const mismatch = { rule: 'kernel-log', step: 0, expected: 'the kernel reports no trouble', observed };
    const draft = draftOf(leg, verdict, nearest, signature, mismatch);
    const noted = { ...draft, minimized: whereabouts(suspects, nearest.shard?.seed) };
    findings.note(noted);
    const found = suspects === undefined ? undefined : await this.find(suspects, headline);
    const finding =
      found === undefined ? noted : await this.minimized({ ...noted, ...found, original: found.scenario }, headline);
    findings.done(findings.keep(finding));
  }

  private async originAt(number: number | undefined): Promise<Origin> {
    if (number === undefined) return { scenario: UNKNOWN_SCENARIO, ...NOWHERE };
    const { origin, shard } = this.parts.placeAt(number);
    const scenario = await this.parts.crew.consult((worker) => worker.request({ kind: 'generate', ...origin }));
    return { scenario, seed: origin.seed, path: String(origin.index), shard };
  }

  /** The one scenario that brings the report back alone; undefined: none does. */
  private async find(suspects: Range, headline: string): Promise<Origin | undefined> {
    if (!(await this.brings(suspects, headline))) return undefined;
    let { from, to } = suspects;
    while (to - from > 1) {
      const middle = Math.floor((from + to) / 2);
      if (await this.brings({ from: middle, to }, headline)) from = middle;
      else if (await this.brings({ from, to: middle }, headline)) to = middle;
      else return undefined;
    }
    return this.originAt(from);
  }

  private async minimized(finding: Finding, headline: string): Promise<Finding> {
    const { crew, limits, stop } = this.parts;
    const does = (scenario: unknown): Promise<boolean> => this.tried(() => this.trials.execute(scenario, headline));
    const again = await does(finding.original);
    const reproduction = { ...finding.reproduction, freshTries: 1, freshHits: again ? 1 : 0 };
    if (!again) return { ...finding, reproduction };
    const smallest = await simplest(crew, finding.original, does, limits.disposableExecutions, stop);
    const minimized = `${smallest.executions} executions in processes of their own; ${smallest.end}`;
    return { ...finding, scenario: smallest.scenario, reproduction, minimized };
  }

  private brings(range: Range, headline: string): Promise<boolean> {
    return this.tried(() => this.trials.run(range, headline));
  }

  /** A worker that dies on the way is a finding of its own kind. */
  private async tried(trial: () => Promise<boolean>): Promise<boolean> {
    if (this.parts.stop.requested) return false;
    try {
      return await trial();
    } catch (error) {
      if (error instanceof WorkerDeath) return false;
      throw error;
    }
  }
}

function whereabouts(suspects: Range | undefined, seed: number | undefined): string {
  if (suspects === undefined) return 'not minimized: what the worker executed is not known';
  const { from, to } = suspects;
  const which = seed === undefined ? '' : `, --shard ${seed}:${from}-${to}`;
  return (
    `not minimized: it came during one of ${to - from} scenarios (numbers ${from} to ${to - 1}${which}), and executing them again ` +
    'did not bring it back; many warnings are given once per boot'
  );
}

function withoutNumbers(line: string): string {
  return line
    .replace(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b/gi, '#')
    .replace(/\d+/g, '#')
    .slice(0, 160);
}
