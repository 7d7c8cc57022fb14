import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readBlackBox } from '../../driver/blackBox.js';
import { numberOf } from '../batches.js';
import { placeOf } from '../seeds.js';
import { workersDirectory } from './paths.js';
import type { Range } from './ranges.js';

/**
 * Takes away what the workers of a killed campaign left, and returns the numbers of the scenarios that their black boxes name
 * as being executed.
 */
export function takeSuspects(runDir: string, leg: number): readonly Range[] {
  const directory = workersDirectory(runDir, leg);
  const suspects = filesIn(directory).flatMap((name) => executing(join(directory, name)));
  rmSync(directory, { recursive: true, force: true });
  return suspects;
}

function executing(file: string): Range[] {
  const inFlight = file.endsWith('.blackbox') ? readBlackBox(file) : undefined;
  if (inFlight?.running !== true) return [];
  return inFlight.suspects.flatMap((id) => {
    const place = placeOf(id);
    return place === undefined ? [] : [{ from: numberOf(place), to: numberOf(place) + 1 }];
  });
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
