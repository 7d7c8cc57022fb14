import { openTarget } from '../driver/remote/openTarget.js';
import { stage2Family } from './families/stage2.js';
import { uffdFamily } from './families/uffd.js';
import type { Family } from './family.js';
import type { WorkerParts } from './parts.js';

/** Every family that campaigns know, by name. A family's own types end here: the floors above treat scenarios as opaque. */
export const FAMILIES: ReadonlyMap<string, Family<unknown, unknown>> = new Map(
  [stage2Family, uffdFamily].map((family) => [family.name, family as unknown as Family<unknown, unknown>]),
);

export const parts: WorkerParts = {
  family: (name) => FAMILIES.get(name),
  openDriver: openTarget,
  probe: (driver, target, family) => family.probe(driver, target),
};
