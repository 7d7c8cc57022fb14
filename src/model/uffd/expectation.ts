import type { FillTag } from '../../scenario/uffd/layout.js';
import type { Prediction } from '../prediction.js';
import type { RuleId } from '../rule.js';

/** A thread of the process, or the forked child (3). */
export type ThreadId = 0 | 1 | 2 | 3;
/** Whose memory is meant. */
export type Owner = 'own' | 'child';
/** What a page holds before the words that were written: zeroes, or a page of a fill. */
export type Base = 'zero' | { readonly tag: FillTag; readonly page: number };

/** One predicted event. `rule` is the sentence that breaks when it does not come, or comes otherwise. */
export type UffdExpected =
  | {
      readonly kind: 'result';
      readonly rule: RuleId;
      readonly errno: number;
      /** What the result field holds in the bits of `known`. */
      readonly value: bigint;
      readonly known: bigint;
      /** Of a handshake. */
      readonly ioctls: bigint;
      /** Rule that breaks when the error is right and the field is not. */
      readonly valueRule: RuleId;
    }
  | {
      readonly kind: 'message';
      readonly rule: RuleId;
      readonly thread: ThreadId;
      /** In bytes. */
      readonly offset: number;
      readonly flags: number;
      /** Rules that break by the flags or by the address alone. */
      readonly flagsRule: RuleId;
      readonly offsetRule: RuleId;
    }
  | {
      readonly kind: 'done';
      readonly rule: RuleId;
      readonly thread: ThreadId;
      /** Undefined where threads race for it. */
      readonly value: bigint | undefined;
      readonly valueRule: RuleId;
    }
  | {
      readonly kind: 'sigbus';
      readonly rule: RuleId;
      readonly thread: ThreadId | 'unknown';
      /** Of the driver's own reads at the end; 0 otherwise. */
      readonly page: number;
      readonly code: number;
    }
  | { readonly kind: 'waits'; readonly rule: RuleId; readonly thread: ThreadId }
  /** An event about a range; offsets in bytes, the end exclusive. */
  | {
      readonly kind: 'notice';
      readonly rule: RuleId;
      readonly event: number;
      readonly start: number;
      readonly end: number;
    }
  /** A call of a thread is over. */
  | { readonly kind: 'returned'; readonly rule: RuleId; readonly thread: ThreadId; readonly errno: number }
  | {
      readonly kind: 'entry';
      readonly owner: Owner;
      readonly page: number;
      /** Undefined where the page may have been taken out. */
      readonly present: boolean | undefined;
      readonly swapped: boolean | undefined;
      readonly wp: boolean;
      /** The rule of each of these. */
      readonly rules: { readonly present: RuleId; readonly swapped: RuleId; readonly wp: RuleId };
    }
  | {
      readonly kind: 'page';
      readonly rule: RuleId;
      readonly owner: Owner;
      readonly page: number;
      readonly base: Base;
      /** Offset in bytes to value, for the words that were written. */
      readonly words: ReadonlyMap<number, bigint>;
    }
  /** A message that is about no fault; `event` is one of UFFD_EVENT_*. */
  | { readonly kind: 'event'; readonly rule: RuleId; readonly event: number }
  /** The child is gone, with this status of waitpid(2). */
  | { readonly kind: 'ended'; readonly rule: RuleId; readonly status: number };

/** What a step shows. `open`: the rule that leaves it open. */
export interface UffdStepExpectation {
  readonly events: readonly UffdExpected[];
  readonly open?: RuleId;
}

export interface UffdExpectation extends Prediction {
  readonly steps: readonly UffdStepExpectation[];
  readonly end: UffdStepExpectation;
}
