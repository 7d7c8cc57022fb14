import fc from 'fast-check';
import { reduce } from '../arbitraries/reduce.js';
import { monotonicMs } from './clock.js';
import type { Origin, Request, Shrunk } from './messages.js';
import type { Pipeline } from './pipeline.js';
import { outsideId } from './seeds.js';
import { isFault, signatureOf } from './signature.js';

type ShrinkRequest = Extract<Request, { kind: 'shrink' }>;

export interface ShrinkHooks {
  /** Called before each execution. */
  before(scenario: unknown): void;
  /** Called now and then with the simplest scenario up to now. */
  progress(shrunk: Shrunk): void;
}

/**
 * Makes a scenario as small as it gets while its fault keeps the signature: first along fast-check's own shrinking, which
 * keeps to what the arbitrary can generate, then with the family's simplifications until none of them still fails.
 */
export class Shrinker {
  private best: unknown;
  private path = '';
  private executions = 0;
  private readonly started = monotonicMs();

  constructor(
    private readonly pipeline: Pipeline,
    private readonly request: ShrinkRequest,
    private readonly hooks: ShrinkHooks,
    /** What generated the scenario; undefined: only the final reducer works on it. */
    private readonly arbitrary: fc.Arbitrary<unknown> | undefined,
  ) {
    this.best = request.scenario;
  }

  async run(): Promise<Shrunk> {
    const { origin } = this.request;
    if (origin !== undefined && this.arbitrary !== undefined) this.alongFastCheck(origin, this.arbitrary);
    const simplify = (scenario: unknown) => this.pipeline.family.simplify(scenario);
    const taken = (scenario: unknown) => {
      this.best = scenario;
    };
    await reduce(this.best, simplify, (scenario) => this.fails(scenario), { taken });
    return this.result();
  }

  private alongFastCheck({ seed, index }: Origin, arbitrary: fc.Arbitrary<unknown>): void {
    let first = true;
    const property = fc.property(arbitrary, (scenario) => {
      // The first one is the finding itself: it failed, whatever a flaky fault does now.
      const fails = first || this.fails(scenario);
      first = false;
      if (fails) this.best = scenario;
      return !fails;
    });
    const details = fc.check(property, { seed, path: String(index), numRuns: 1 });
    this.path = details.counterexamplePath ?? String(index);
  }

  /** Whether the scenario shows the same fault in one of the tries. With nothing left to spend, nothing does. */
  private fails(scenario: unknown): boolean {
    for (let i = 0; i < this.request.tries && this.spent() === undefined; i++) {
      this.executions++;
      this.hooks.before(scenario);
      const verdict = this.pipeline.run(scenario, outsideId(this.executions), this.request.freshVm);
      this.hooks.progress(this.result());
      if (!isFault(verdict)) continue;
      if (signatureOf(this.pipeline.family, scenario, verdict).text === this.request.signature) return true;
    }
    return false;
  }

  private spent(): 'executions' | 'time' | undefined {
    const { executions, timeMs } = this.request.limits;
    if (this.executions >= executions) return 'executions';
    return monotonicMs() - this.started >= timeMs ? 'time' : undefined;
  }

  private result(): Shrunk {
    const { family } = this.pipeline;
    const steps = { before: family.size(this.request.scenario), now: family.size(this.best) };
    const end = this.spent() ?? 'minimal';
    return { scenario: this.best, path: this.path, executions: this.executions, steps, end };
  }
}
