import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { MAX_CASE_BYTES } from '../corpus/case.js';
import { FileError, readJsonFile } from '../corpus/file.js';
import { checkVersion, validate } from '../corpus/validate.js';
import { writeDurably } from '../util/durable.js';

const STATE_SCHEMA = 1;
const KEY_DIGITS = 16;
/** The list of what was refused takes at most half of what is read again. */
const MAX_REFUSED = MAX_CASE_BYTES / 2 / (KEY_DIGITS + 4);
/** Refusals are written this often, in milliseconds; what got smaller is written at once. */
const SAVE_MS = 500;

const Digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const State = v.strictObject({
  schema: v.literal(STATE_SCHEMA),
  /** Digests of the scenario that the case holds, before and after. */
  of: v.array(Digest),
  signature: v.string(),
  /** Target and planted fault: elsewhere, other scenarios fail. */
  where: v.string(),
  executions: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The simplest scenario up to now. */
  scenario: v.unknown(),
  /** Digests of scenarios that do not have the failure. */
  refused: v.array(Digest),
});
export type MinimizeState = v.InferOutput<typeof State>;

/** What a minimization keeps to. */
export interface Wanted {
  readonly signature: string;
  readonly where: string;
}

/** Short name of a scenario. */
export function digestOf(scenario: unknown): string {
  return createHash('sha256').update(JSON.stringify(scenario)).digest('hex').slice(0, KEY_DIGITS);
}

/** The file in which the minimization of a case keeps its state: beside it, and hidden from whoever reads the corpus. */
export function stateFile(caseFile: string): string {
  return join(dirname(caseFile), `.${basename(caseFile, '.json')}.minimize.json`);
}

/**
 * Reads the state that an earlier minimization of this scenario left, if there is one.
 *
 * @throws {FileError} when it cannot be used.
 */
export function readState(file: string, scenario: unknown, { signature, where }: Wanted): MinimizeState | undefined {
  if (!existsSync(file)) return undefined;
  const json = readJsonFile(file);
  checkVersion(json, STATE_SCHEMA);
  const state = validate(State, json);
  if (!state.of.includes(digestOf(scenario)) || state.signature !== signature)
    throw new FileError('it belongs to another scenario than the case has now; remove it to begin anew');
  if (state.where !== where)
    throw new FileError(`it was written on ${state.where}, and this is ${where}; remove it to begin anew`);
  return state;
}

/** Keeps the state of a minimization on the disk, so that it can go on after a kill. */
export class StateKeeper {
  private readonly refused: Set<string>;
  private savedMs = 0;
  /** Why the state cannot be kept. */
  problem: unknown;

  constructor(
    private readonly file: string,
    private state: MinimizeState,
  ) {
    this.refused = new Set(state.refused);
  }

  get executions(): number {
    return this.state.executions;
  }

  get scenario(): unknown {
    return this.state.scenario;
  }

  static begin(file: string, scenario: unknown, wanted: Wanted): StateKeeper {
    const of = [digestOf(scenario)];
    return new StateKeeper(file, { schema: STATE_SCHEMA, of, ...wanted, executions: 0, scenario, refused: [] });
  }

  wasRefused(scenario: unknown): boolean {
    return this.refused.has(digestOf(scenario));
  }

  executed(times: number): void {
    this.state = { ...this.state, executions: this.state.executions + times };
  }

  refuse(scenario: unknown): void {
    if (this.refused.size < MAX_REFUSED) this.refused.add(digestOf(scenario));
    if (Date.now() - this.savedMs >= SAVE_MS) this.save();
  }

  take(scenario: unknown): void {
    this.state = { ...this.state, scenario };
    this.save();
  }

  /** The case is going to hold the simplest scenario, and minimizing may go on from there. */
  adopt(): void {
    this.state = { ...this.state, of: [...this.state.of, digestOf(this.state.scenario)] };
    this.save();
  }

  /** Minimizing does not fail because its state cannot be kept. */
  save(): void {
    this.savedMs = Date.now();
    try {
      writeDurably(this.file, JSON.stringify({ ...this.state, refused: [...this.refused] }));
    } catch (error) {
      this.problem ??= error;
    }
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }
}
