import type { Driver } from '../driver/library.js';
import type { Profile } from '../scenario/profile.js';
import type { Family } from './family.js';

/** What a worker is built from. */
export interface WorkerParts {
  family(name: string): Family<unknown, unknown> | undefined;
  openDriver(): Driver;
  probe(driver: Driver): Profile;
}
