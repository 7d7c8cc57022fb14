import { pathToFileURL } from 'node:url';
import type { WorkerParts } from './parts.js';

/**
 * The parts of real campaigns, or those that a module exports as `parts`. Only tests name a module, to put a scripted family
 * and driver in the place of KVM.
 */
export async function loadParts(module: string | undefined): Promise<WorkerParts> {
  if (module === undefined) return (await import('./families.js')).parts;
  const loaded = (await import(pathToFileURL(module).href)) as { parts?: WorkerParts };
  if (loaded.parts === undefined) throw new TypeError(`${module} exports no parts`);
  return loaded.parts;
}
