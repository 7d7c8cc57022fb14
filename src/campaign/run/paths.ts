import { join } from 'node:path';

/** Where things are in a run directory. */
export const settingsFile = (runDir: string): string => join(runDir, 'run.json');
export const journalFile = (runDir: string): string => join(runDir, 'journal');
/** Written when a campaign ends. */
export const summaryFile = (runDir: string): string => join(runDir, 'summary.json');
export const lockFile = (runDir: string): string => join(runDir, 'lock');
/** Black boxes and machines of the workers of one leg. */
export const workersDirectory = (runDir: string, leg: number): string => join(runDir, 'workers', String(leg));
