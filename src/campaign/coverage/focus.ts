import * as v from 'valibot';

const Natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const Pin = v.pipe(v.tuple([v.string(), v.string()]), v.readonly());

/** More would make the records of a campaign large. */
export const MAX_GOALS = 16;

/** Where an ordinary scenario comes from: fast-check's seed and the number of the run. */
const Example = v.strictObject({ seed: v.pipe(v.number(), v.integer()), index: Natural });
export type Example = v.InferOutput<typeof Example>;

/** Scenarios that show rare pairs of configuration values, or are like others in which rare rules decided. */
const Rare = v.strictObject({
  kind: v.literal('rare'),
  pairs: v.pipe(v.array(v.pipe(v.tuple([Pin, Pin]), v.readonly())), v.maxLength(MAX_GOALS)),
  like: v.pipe(v.array(Example), v.maxLength(MAX_GOALS)),
});
export type Rare = v.InferOutput<typeof Rare>;

/** No random scenarios at all: the numbers of a sweep. */
const Swept = v.strictObject({
  kind: v.literal('sweep'),
  steps: v.picklist([1, 2]),
  /** How many scenarios it has where it was begun: on another machine the same numbers are other scenarios. */
  size: v.optional(Natural),
});

/**
 * What the generator of a batch is asked for, as plain JSON. Together with the seed and the number of a run it says exactly which
 * scenario that is.
 */
const BatchFocus = v.variant('kind', [Rare, Swept]);
export type BatchFocus = v.InferOutput<typeof BatchFocus>;

/** @throws RangeError when it is no focus. */
export function parseFocus(json: unknown): BatchFocus {
  const result = v.safeParse(BatchFocus, json);
  if (result.success) return result.output;
  const [{ message }] = result.issues;
  throw new RangeError(`what the generator is asked for cannot be read: ${message}`);
}
