/** A target cannot be used as it is. The message is one sentence that says what to do. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** A kernel was started and never came to answer: what is wrong is the kernel or its machine, and nothing is missing here. */
export class BootError extends Error {
  override readonly name = 'BootError';
}
