/** A run directory cannot be used as it was asked for. One sentence that says what to do. */
export class RunError extends Error {
  override readonly name = 'RunError';
}
