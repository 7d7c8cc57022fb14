import type { FillTag } from '../../../scenario/uffd/layout.js';

/** A thread of the driver, the forked child (3), or one that is not known. */
export type UffdThread = 0 | 1 | 2 | 3 | 'unknown';

/** Whose memory is meant: the driver's own, or the forked child's. */
export type UffdOwner = 'own' | 'child';

/** What a page holds, before the words that differ: zeroes, or a page of a fill. */
export type UffdBase = 'zero' | { readonly tag: FillTag; readonly page: number };

interface At {
  /** Index of the scenario's step, or END_STEP. */
  readonly step: number;
}

/** One thing that the driver saw. Facts only; docs/native-contract.md describes the fields. */
export type UffdObserved =
  | (At & {
      readonly kind: 'result';
      readonly errno: number;
      /** What the call left in its result field: bytes, a negative errno, or a mask. */
      readonly value: bigint;
      /** Mask of ioctls that a handshake returns. */
      readonly ioctls: bigint;
    })
  | (At & {
      readonly kind: 'message';
      /** UFFD_EVENT_*. */
      readonly event: number;
      readonly thread: UffdThread;
      /** Byte offset in the memory. */
      readonly offset: number;
      readonly flags: number;
    })
  | (At & { readonly kind: 'done'; readonly thread: UffdThread; readonly value: bigint })
  | (At & { readonly kind: 'sigbus'; readonly thread: UffdThread; readonly page: number; readonly code: number })
  | (At & { readonly kind: 'waits'; readonly thread: UffdThread })
  | (At & {
      readonly kind: 'entry';
      readonly owner: UffdOwner;
      readonly page: number;
      readonly present: boolean;
      readonly swapped: boolean;
      readonly wp: boolean;
    })
  | (At & {
      readonly kind: 'page';
      readonly owner: UffdOwner;
      readonly page: number;
      readonly base: UffdBase;
      readonly differing: number;
    })
  | (At & { readonly kind: 'page_word'; readonly page: number; readonly offset: number; readonly value: bigint })
  /** An event about a range, which the thread that sent it waits for. */
  | (At & {
      readonly kind: 'notice';
      /** UFFD_EVENT_*. */
      readonly event: number;
      /** Byte offsets in the memory, the end exclusive. */
      readonly start: number;
      readonly end: number;
    })
  /** A thread's call is over. */
  | (At & { readonly kind: 'returned'; readonly thread: UffdThread; readonly errno: number })
  | (At & { readonly kind: 'stuck'; readonly thread: UffdThread })
  /** The child is gone; `status` is that of waitpid(2). */
  | (At & { readonly kind: 'ended'; readonly status: number });

export interface UffdObservation {
  readonly status: 'ok' | 'refused' | 'skipped' | 'fault' | 'hang';
  /** One sentence for people; empty when all is well. */
  readonly detail: string;
  readonly events: readonly UffdObserved[];
}
