import { openDriver } from '../driver/library.js';
import type { Family } from './family.js';
import type { WorkerParts } from './parts.js';

/** Every family that campaigns know, by name. */
export const FAMILIES: ReadonlyMap<string, Family<unknown, unknown>> = new Map<string, Family<unknown, unknown>>();

export const parts: WorkerParts = {
  family: (name) => FAMILIES.get(name),
  openDriver,
  probe: () => {
    throw new Error('no family is registered, so nothing can be probed');
  },
};
