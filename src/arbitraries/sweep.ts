/** All scenarios of a small kind, in an order that is always the same on machines with the same profile. */
export interface Sweep<S> {
  /** How many there are. */
  readonly size: number;
  /** What is multiplied, in words. */
  readonly axes: readonly string[];
  /** Scenario number `index`, made without those before it. @throws RangeError when there is none. */
  at(index: number): S;
}
