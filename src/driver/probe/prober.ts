import type { X86Profile } from '../../scenario/profile.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';
import type { Driver } from '../library.js';
import type { Observation, Observed } from '../observation.js';
import { decodeStage2 } from '../wire/decode.js';
import { encodeStage2 } from '../wire/encode.js';

/** A probe may meet a KVM that never comes back from it. */
const DEADLINE_MS = 500;

/** Runs probes on one driver: each is a small scenario that shows one implementation-defined choice. */
export class Prober {
  constructor(private readonly driver: Driver) {}

  protected run(scenario: Stage2Scenario, freshVm = true): Observation {
    const options = { freshVm, deadlineMs: DEADLINE_MS, plant: 'none', id: 0n };
    return decodeStage2(this.driver.execute(encodeStage2(scenario, options)));
  }

  /** What the scenario's step `index` shows, beside the entries of page tables. */
  protected kindAt(index: number, scenario: Stage2Scenario): Observed['kind'] | undefined {
    const { events } = this.run(scenario);
    return events.find(({ step, kind }) => step === index && kind !== 'ptes')?.kind;
  }

  /** Whether a registration for WP can be replaced by one without: the scenario's only step. */
  protected dropsWpIn(scenario: Stage2Scenario): boolean {
    return find(this.run(scenario).events, 'result')?.errno === 0;
  }

  /** Whether a thread that waits in a range registered for WP alone goes on when that is unregistered: nobody answers its write. */
  protected unregisterWakesAllIn(scenario: Stage2Scenario): boolean {
    return find(this.run(scenario).events, 'withdrawn')?.stuck === false;
  }

  /** Whether a range that mprotect has split can be write-protected: the scenario's second step. */
  protected wpSpansMappingsIn(scenario: Stage2Scenario): boolean {
    const { events } = this.run(scenario);
    return events.some((event) => event.step === 1 && event.kind === 'result' && event.errno === 0);
  }

  /** Whether a walk that changes no entry marks the pages of the page tables: the log after step `index` shows any. */
  protected dirtiesTables(index: number, scenario: Stage2Scenario): X86Profile['walkDirtiesTables'] {
    const { events } = this.run(scenario);
    return events.some(({ step, kind }) => step === index && kind === 'dirty_word') ? 'always' : 'on_change';
  }
}

/** The first event of the kind. */
export function find<K extends Observed['kind']>(
  events: readonly Observed[],
  kind: K,
): Extract<Observed, { kind: K }> | undefined {
  return events.find((event): event is Extract<Observed, { kind: K }> => event.kind === kind);
}
