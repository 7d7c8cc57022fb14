import type { Family } from './family.js';

/** A deliberate fault, split by who commits it. */
export interface Plant {
  /** `plant` of the wire format, `none` without one. */
  readonly driver: string;
  /** Rule that the model gets wrong. */
  readonly model: string | undefined;
}

/**
 * Reads `none`, `driver:<plant of the wire format>` or `model:<rule id>`.
 *
 * @throws {RangeError} for anything else.
 */
export function parsePlant(text: string): Plant {
  if (text === 'none') return { driver: 'none', model: undefined };
  const [, where, what] = /^(driver|model):(.+)$/.exec(text) ?? [];
  if (where === undefined || what === undefined)
    throw new RangeError(`plant ${text} is none of: none, driver:<fault>, model:<rule id>`);
  return where === 'driver' ? { driver: what, model: undefined } : { driver: 'none', model: what };
}

/** The family as the plant makes it. */
export function planted<S, O>(family: Family<S, O>, plant: Plant): Family<S, O> {
  if (plant.model === undefined) return family;
  if (family.withPlant === undefined) throw new RangeError(`family ${family.name} has no faults to plant in its model`);
  return family.withPlant(plant.model);
}
