import * as v from 'valibot';
import type { Profile } from '../../scenario/profile.js';
import type { CanaryResult } from '../canary/result.js';
import type { DocumentedOutcome } from '../coverage/outcomes.js';
import type { PairCoverage } from '../coverage/pairs.js';
import type { Finding } from '../types.js';

/** What a journal holds, one record per line. Totals are sums from the beginning: the last ones of a leg say all. */

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Counts = v.record(v.string(), Count);
const Ms = v.pipe(v.number(), v.minValue(0));
const Range = v.object({ from: Count, to: Count });

/** Trusted as far as its checksum goes: it is read by the program that wrote it, or shown. */
function object<T>(...keys: readonly (keyof T & string)[]): v.GenericSchema<T> {
  const isObject = (input: unknown): boolean =>
    typeof input === 'object' && input !== null && keys.every((key) => key in input);
  return v.custom<T>(isObject, `expected an object with ${keys.join(', ')}`);
}

const LegCounts = v.object({
  scenarios: Count,
  decided: Counts,
  skips: Counts,
  /** Long, like the pairs: not in every record. */
  configurations: v.optional(Counts),
  occurrences: Counts,
  harness: Counts,
  workerRestarts: Count,
  outcomes: v.optional(Counts),
  pairs: v.optional(object<PairCoverage>('fields', 'counts')),
});
/** What the workers of a leg have counted. */
export type LegCounts = v.InferOutput<typeof LegCounts>;

export const JournalRecord = v.variant('kind', [
  v.object({
    kind: v.literal('leg'),
    leg: Count,
    family: v.string(),
    target: v.string(),
    profile: object<Profile>('arch', 'target'),
    applicable: v.array(v.string()),
    /** How its calls can end (see coverage/outcomes.ts). */
    outcomes: v.optional(v.array(object<DocumentedOutcome>('name'))),
  }),
  /** A worker takes up these scenarios; what the same lane had taken up before is behind it. */
  v.object({
    kind: v.literal('begun'),
    leg: Count,
    lane: Count,
    seed: v.number(),
    from: Count,
    to: Count,
    focus: v.optional(v.unknown()),
  }),
  v.object({
    kind: v.literal('totals'),
    leg: Count,
    /** Of the campaign, and time that the leg was worked on. */
    elapsedMs: Ms,
    legMs: Ms,
    done: v.array(Range),
    counts: LegCounts,
  }),
  /** A finding as it is known by now; the last one of a signature counts. */
  v.object({
    kind: v.literal('finding'),
    leg: Count,
    finding: object<Finding>('signature', 'family', 'verdict', 'mismatches', 'timeline', 'reproduction'),
    settled: v.boolean(),
    death: v.optional(v.object({ silent: v.boolean(), how: v.string() })),
  }),
  /** The same fault got another signature on the way. */
  v.object({ kind: v.literal('renamed'), leg: Count, signature: v.string(), became: v.string() }),
  v.object({ kind: v.literal('sample'), elapsedMs: Ms, scenarios: Count, rssBytes: Count }),
  v.object({ kind: v.literal('canary'), result: object<CanaryResult>('caught') }),
  v.object({ kind: v.literal('resumed'), at: v.string() }),
  v.object({ kind: v.literal('ended'), why: v.picklist(['budget', 'interrupt']), elapsedMs: Ms }),
]);
export type JournalRecord = v.InferOutput<typeof JournalRecord>;

/** A record of a leg, without saying of which one. */
export type LegEvent = OmitLeg<Extract<JournalRecord, { leg: number }>>;
type OmitLeg<T> = T extends unknown ? Omit<T, 'leg'> : never;
