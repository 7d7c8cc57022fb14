import type { Pte } from '../../../scenario/stage2/steps.js';
import { R } from '../rules/index.js';
import { loseTrack } from '../run.js';
import type { ArmRun } from './run.js';

/** Interprets a `pte` step. */
export const stepPte: (run: ArmRun, step: Pte) => void = (run) => {
  loseTrack(run, R.lost);
};
