import type { AccessRegion, SlotRegion } from '../scenario/stage2/steps.js';
import type { Prediction } from './prediction.js';
import type { RuleId } from './rule.js';

export type { RuleId } from './rule.js';

/** A 64-bit value of which only the bits in `known` are predicted. */
export interface Masked {
  readonly value: bigint;
  readonly known: bigint;
}

type Vcpu = 0 | 1;
type Region = AccessRegion | SlotRegion;

/** One predicted event. `rule` is the sentence that breaks when it does not come, or comes otherwise. */
export type Expected =
  | {
      readonly kind: 'uffd';
      readonly rule: RuleId;
      readonly vcpu: Vcpu | 'host';
      readonly region: Region;
      readonly page: number;
      readonly write: boolean;
      readonly wp: boolean;
      readonly minor: boolean;
      /** It may also not come. */
      readonly optional: boolean;
    }
  | {
      readonly kind: 'withdrawn';
      readonly rule: RuleId;
      readonly region: Region;
      /** The waiting thread sleeps on, and has to be woken by hand. */
      readonly sleeps: boolean;
      /** Rule that breaks when it does otherwise. */
      readonly wakesRule: RuleId;
      readonly optional: boolean;
    }
  | {
      readonly kind: 'mmio';
      readonly rule: RuleId;
      readonly vcpu: Vcpu;
      readonly write: boolean;
      readonly gpa: number;
      readonly len: number;
      readonly data: Masked;
    }
  | {
      readonly kind: 'done';
      readonly rule: RuleId;
      readonly vcpu: Vcpu;
      readonly rax: Masked;
      readonly rdx: Masked;
      readonly rflags: Masked;
      /** The instruction may have filled the dirty ring: the vCPU then stops before the doorbell. */
      readonly mayFillRing: boolean;
    }
  | {
      readonly kind: 'lanes';
      readonly rule: RuleId;
      readonly vcpu: Vcpu;
      /** Index of the first of at most three lanes. */
      readonly first: number;
      readonly lanes: readonly Masked[];
      readonly optional: boolean;
    }
  | {
      readonly kind: 'registers';
      readonly rule: RuleId;
      readonly vcpu: Vcpu;
      readonly rdi: number;
      readonly rsi: number;
      readonly rcx: number;
      readonly optional: boolean;
    }
  | {
      readonly kind: 'exception';
      readonly rule: RuleId;
      readonly vcpu: Vcpu;
      readonly vector: number;
      /** Undefined: the vector pushes none. On aarch64 ESR_EL1. */
      readonly errorCode: number | undefined;
      /** Bits of the error code that are not predicted, if there are any. */
      readonly openBits?: number;
      readonly cr2: number;
      readonly ripOffset: number;
    }
  | { readonly kind: 'internal_error'; readonly rule: RuleId; readonly vcpu: Vcpu; readonly suberror: number }
  | { readonly kind: 'memory_fault'; readonly rule: RuleId; readonly vcpu: Vcpu; readonly errno: number }
  | { readonly kind: 'run_error'; readonly rule: RuleId; readonly vcpu: Vcpu; readonly errno: number }
  | { readonly kind: 'ring_full'; readonly rule: RuleId; readonly vcpu: Vcpu }
  | {
      readonly kind: 'sigbus';
      readonly rule: RuleId;
      readonly vcpu: Vcpu | 'host';
      readonly region: Region;
      readonly page: number;
    }
  | {
      readonly kind: 'ptes';
      readonly rule: RuleId;
      readonly vcpu: Vcpu;
      readonly region: Region;
      readonly page: number;
      readonly pte: Masked;
      readonly pde: Masked;
      readonly pdpte: Masked;
    }
  | { readonly kind: 'result'; readonly rule: RuleId; readonly errno: number; readonly value: Masked | undefined }
  | { readonly kind: 'dirty'; readonly region: SlotRegion; readonly pages: DirtyPages }
  | { readonly kind: 'ring'; readonly regions: Readonly<Partial<Record<SlotRegion, DirtyPages>>> }
  | { readonly kind: 'child'; readonly rule: RuleId; readonly changed: boolean };

export type ExpectedKind = Expected['kind'];

/** What a dirty log or ring must, may and must not show for one slot. */
export interface DirtyPages {
  /** Page to the rule that demands it. */
  readonly must: ReadonlyMap<number, RuleId>;
  /** Page to the rule that allows it. */
  readonly may: ReadonlyMap<number, RuleId>;
  /** Broken by any page in neither. */
  readonly elseRule: RuleId;
}

/** One of the ways a step may go. */
export interface Outcome {
  readonly events: readonly Expected[];
  /** Userfault messages are not checked: several threads fault at once. */
  readonly anyUserfaults: boolean;
}

/** What the model allows for one step: any of these. `unspecified`: nothing is checked but that it ends. */
export interface StepExpectation {
  readonly outcomes: readonly Outcome[];
  /** Rule that leaves the step open, when it does. */
  readonly unspecified?: RuleId;
}

/** What a page holds at the end, for pages the model does not leave open. */
export interface ExpectedPage {
  readonly rule: RuleId;
  readonly region: SlotRegion;
  readonly page: number;
  /** The bases that are allowed where no word was written. */
  readonly bases: readonly ('initial' | 'zero' | 'copy')[];
  /** Offset (multiple of 8) to value, for the words that were written. */
  readonly words: ReadonlyMap<number, Masked>;
  /** The word that a base holds at an offset. */
  readonly fill: (base: 'initial' | 'zero' | 'copy', offset: number) => bigint;
}

/** What the stage2 family expects. */
export interface Expectation extends Prediction {
  readonly steps: readonly StepExpectation[];
  /** Events after the last step (a child that was still held). */
  readonly end: StepExpectation;
  /** Pages that may differ from their initial fill; any page not listed must hold it (`untouchedRule`). */
  readonly pages: readonly ExpectedPage[];
  /** The content of every page is left open. */
  readonly openPages: boolean;
  readonly untouchedRule: RuleId;
}
