/** The target was there, and is not any more, or does not answer. What it was executing may be why. */
export class TargetLost extends Error {
  override readonly name = 'TargetLost';

  constructor(
    message: string,
    /** It gave no sign of life; otherwise it is known to have ended. */
    readonly silent: boolean,
  ) {
    super(message);
  }
}
