import type { Access } from '../../../scenario/stage2/steps.js';
import { R } from '../rules/index.js';
import { loseTrack } from '../run.js';
import type { ArmRun } from './run.js';

/** Interprets an `access` step. */
export const stepAccess: (run: ArmRun, step: Access) => void = (run) => {
  loseTrack(run, R.lost);
};
