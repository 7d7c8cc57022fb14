import type { Family } from '../campaign/family.js';
import type { ScenarioParsers } from '../corpus/load.js';
import { oneLine } from '../util/text.js';
import { CommandError, EXIT } from './exit.js';

export type AnyFamily = Family<unknown, unknown>;

/** Every family by name. Loaded when a command needs it, so that `--help` does not wait for it. */
export async function allFamilies(): Promise<ReadonlyMap<string, AnyFamily>> {
  const { FAMILIES } = await import('../campaign/families.js');
  return FAMILIES;
}

/** @throws {CommandError} when there is no such family. */
export async function familyNamed(name: string): Promise<AnyFamily> {
  const families = await allFamilies();
  const family = families.get(name);
  if (family !== undefined) return family;
  const names = [...families.keys()].join(', ');
  throw new CommandError(EXIT.usage, oneLine(`there is no family ${JSON.stringify(name)}; there is: ${names}`));
}

export function parsersOf(families: ReadonlyMap<string, AnyFamily>): ScenarioParsers {
  return Object.fromEntries([...families].map(([name, family]) => [name, (json: unknown) => family.parse(json)]));
}
