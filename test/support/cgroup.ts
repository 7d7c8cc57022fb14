import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

/** A cgroup of the first version of the interface, made for one test. */
export interface Cgroup {
  /** The file that a process id is written to, to bring the process in. */
  readonly procs: string;
  file(name: string): string;
  set(name: string, value: string): void;
  /** Waits for the end of its processes, and removes it. */
  remove(): Promise<void>;
}

/** Returns the reason, where there is no such controller or this process may not use it. */
export function makeCgroup(controller: 'freezer' | 'memory'): Cgroup | string {
  const path = join('/sys/fs/cgroup', controller, `faultline-test-${process.pid}`);
  const file = (name: string): string => join(path, name);
  try {
    mkdirSync(path);
    readFileSync(file('cgroup.procs'));
  } catch (error) {
    return `no cgroup of the ${controller} controller can be made: ${error instanceof Error ? error.message : String(error)}`;
  }
  return {
    procs: file('cgroup.procs'),
    file,
    set: (name, value) => {
      writeFileSync(file(name), value);
    },
    remove: async () => {
      while (readFileSync(file('cgroup.procs'), 'utf8') !== '') await setTimeout(20);
      rmdirSync(path);
    },
  };
}
