/** Untrusted input was refused. One line: what, where, and what to do. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';

  /**
   * @param path JSON path of the offending value, such as `$.steps[2].page`.
   * @param problem what is wrong with it.
   */
  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(`${path}: ${problem}`);
  }
}
