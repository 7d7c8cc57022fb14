/** A target cannot be used as it is. The message is one sentence that says what to do. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}
