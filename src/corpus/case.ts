import * as v from 'valibot';

/** Version of the case file format. */
export const CASE_SCHEMA = 1;

/** Largest case file that is read, in bytes. */
export const MAX_CASE_BYTES = 1024 * 1024;

const Text = v.pipe(v.string(), v.maxLength(20_000));
const RuleRef = v.strictObject({ id: Text, sentence: Text });
const Row = v.strictObject({ step: Text, expected: v.array(Text), observed: v.array(Text) });
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * A scenario in the corpus with its metadata. `pinned` cases are regression tests: they must match, and the rules in
 * `rules` must decide in them. `finding` cases are minimized divergences; `rules` are those that broke.
 */
export const Case = v.strictObject({
  schema: v.literal(CASE_SCHEMA),
  kind: v.picklist(['pinned', 'finding']),
  family: v.pipe(v.string(), v.regex(/^[a-z0-9]+$/)),
  title: Text,
  /** Why the case is here: what it comes from, what it shows. */
  note: Text,
  signature: v.optional(Text),
  rules: v.pipe(v.array(RuleRef), v.maxLength(64)),
  scenario: v.unknown(),
  timeline: v.optional(v.pipe(v.array(Row), v.maxLength(256))),
  found: v.optional(
    v.strictObject({
      seed: v.number(),
      path: Text,
      minimized: Text,
      profile: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
      reproduction: v.strictObject({ tries: Count, hits: Count, freshTries: Count, freshHits: Count }),
    }),
  ),
});
export type Case = v.InferOutput<typeof Case>;
