import * as v from 'valibot';
import { UFFD_THREADS } from './layout.js';

/** The number of the thread that the forked child is, beside those of the process. */
export const CHILD = UFFD_THREADS;

/** The process forks: the child has its memory as it is now, and a single thread, `CHILD`. */
export const UffdFork = v.strictObject({ kind: v.literal('fork') });
export type UffdFork = v.InferOutput<typeof UffdFork>;

/** The child ends by itself, or is killed where it waits for an answer. */
export const UffdExit = v.strictObject({ kind: v.literal('exit') });
export type UffdExit = v.InferOutput<typeof UffdExit>;

/** Which userfaultfd a call is made on: the scenario's, or the one that came with the message of the last fork. */
export const DESCRIPTORS = ['own', 'child'] as const;
export type Descriptor = (typeof DESCRIPTORS)[number];
