import { writeSync } from 'node:fs';
import process from 'node:process';
import type { Driver } from '../driver/library.js';
import { TargetLost } from '../driver/remote/lost.js';

/** Exit codes by which a worker says that not it but its target is at fault. */
export const LOST_EXIT = { gone: 40, silent: 41 } as const;

/**
 * A driver whose target may die, made to end the worker with it. To a supervisor the two are the same: the black box names
 * what was executed, a new worker gets a new machine, and what happened is a finding.
 */
export function lossIsFatal(driver: Driver): Driver {
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      if (error instanceof TargetLost) end(error);
      throw error;
    }
  };
  return {
    execute: (request) => guarded(() => driver.execute(request)),
    executeAll: (requests) => guarded(() => driver.executeAll(requests)),
    facts: () => guarded(() => driver.facts()),
    blackbox: (path) => {
      driver.blackbox(path);
    },
    close: () => {
      driver.close();
    },
  };
}

function end({ message, silent }: TargetLost): never {
  // Synchronously: there is no later.
  writeSync(process.stderr.fd, `${message}\n`);
  process.exit(silent ? LOST_EXIT.silent : LOST_EXIT.gone);
}
