import { type Command, Option } from 'commander';
import { parsePlant, planted } from '../campaign/plant.js';
import { WIRE_ENUMS } from '../driver/wire/spec.js';
import { CommandError, EXIT } from './exit.js';
import type { AnyFamily } from './families.js';

/** Adds the option with which the tool is tested on faults of its own; it is not for users, and no help shows it. */
export function addPlantOption(command: Command): Command {
  return command.addOption(
    new Option('--plant <fault>', 'self-test: commit a deliberate fault').default('none').hideHelp(),
  );
}

/**
 * Refuses a deliberate fault that does not exist before a worker is started for it.
 *
 * @throws {CommandError}
 */
export function checkPlant(family: AnyFamily, text: string): void {
  const faults: readonly string[] = WIRE_ENUMS.plant;
  try {
    const plant = parsePlant(text);
    if (!faults.includes(plant.driver))
      throw new RangeError(`plant ${text}: the driver's faults are: ${faults.join(', ')}`);
    planted(family, plant);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandError(EXIT.usage, error.message);
  }
}
