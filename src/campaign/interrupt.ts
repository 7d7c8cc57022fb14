import process from 'node:process';
import type { StopRequest } from './stop.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The first SIGINT or SIGTERM asks for the end, the second one ends the process at once; the kernel then ends the workers.
 *
 * @returns a function that takes the handlers away.
 */
export function onInterrupt(stop: StopRequest, onFirst: () => void): () => void {
  const handlers = Object.entries(SIGNALS).map(([signal, exitCode]) => {
    const handler = () => {
      if (stop.requested) process.exit(exitCode);
      stop.request();
      onFirst();
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
  };
}
