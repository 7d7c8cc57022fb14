import type { Pin } from './fields.js';

/** What a generator is asked to prefer. Each scenario follows one of these, picked at random. */
export interface Focus<S> {
  /** Values to show together. */
  readonly pins: readonly (readonly Pin[])[];
  /** Scenarios to vary. */
  readonly like: readonly S[];
}
