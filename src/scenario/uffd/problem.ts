/** One thing that makes a scenario of the right shape senseless. */
export interface UffdProblem {
  /** JSON path. */
  readonly path: string;
  readonly problem: string;
}
