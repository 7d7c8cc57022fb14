import type { Driver } from '../driver/library.js';
import type { OpenOptions } from '../driver/remote/openTarget.js';
import type { Target } from '../driver/targets/target.js';
import type { Profile } from '../scenario/profile.js';
import type { Family } from './family.js';

/** What a worker is built from. */
export interface WorkerParts {
  family(name: string): Family<unknown, unknown> | undefined;
  openDriver(target: Target, options: OpenOptions): Promise<Driver>;
  probe(driver: Driver, target: string, family: Family<unknown, unknown>): Profile;
}
