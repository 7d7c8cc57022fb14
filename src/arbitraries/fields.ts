/** One thing in which scenarios differ, with finitely many values. At most 31, so that a set of them is a number. */
export interface Field {
  readonly name: string;
  readonly values: readonly string[];
}

/** A field and one of its values, by their names. */
export type Pin = readonly [field: string, value: string];

/** The configuration space of a family on one machine. */
export interface Fields<S> {
  readonly fields: readonly Field[];
  /** Sets `masks[i]` to the values of field `i` that the scenario shows, bit `v` for value `v`: none, one or several. */
  read(scenario: S, masks: Int32Array): void;
  /** A valid scenario that shows all of these values and can run on the machine; undefined when there is none. */
  witness(pins: readonly Pin[]): S | undefined;
}
