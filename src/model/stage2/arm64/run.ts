import type { ArmProfile } from '../../../scenario/profile.js';
import type { ArmConfig } from '../../../scenario/stage2/config.js';
import type { Run } from '../run.js';

/** A run whose guest is an aarch64 one. */
export interface ArmRun extends Run {
  readonly arch: 'aarch64';
  readonly profile: ArmProfile;
  readonly config: ArmConfig;
}
