/** Budget of a campaign, for the share that is done. */
export interface Budget {
  readonly timeMs: number | undefined;
  readonly runs: number | undefined;
}
