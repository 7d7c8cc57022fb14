import type { SlotRegion, AccessRegion, X86PteLevel } from '../scenario/stage2/steps.js';

/** Step number of what the driver reports after the last step. */
export const END_STEP = 0xffff;

/** `host` is a thread of the driver that is not a vCPU, or not known. */
export type Actor = 0 | 1 | 'host';
export type Region = AccessRegion | SlotRegion | 'code' | 'scratch';

interface At {
  /** Index of the scenario's step, or {@link END_STEP}. */
  readonly step: number;
  readonly vcpu: Actor;
}

/** One thing that the driver saw. Facts only; the fields are described in docs/native-contract.md. */
export type Observed =
  | (At & {
      readonly kind: 'uffd';
      readonly region: Region;
      readonly page: number;
      readonly write: boolean;
      readonly wp: boolean;
      readonly minor: boolean;
      /** Number of the answer in its script's enumeration, 0xff for none. */
      readonly answer: number;
      /** errno of the answering ioctl, 0 for success. */
      readonly errno: number;
    })
  | (At & {
      readonly kind: 'mmio';
      readonly write: boolean;
      readonly gpa: number;
      readonly len: number;
      readonly data: bigint;
    })
  | (At & { readonly kind: 'done'; readonly rax: bigint; readonly rdx: bigint; readonly rflags: number })
  | (At & { readonly kind: 'lanes'; readonly first: number; readonly lanes: readonly [bigint, bigint, bigint] })
  | (At & { readonly kind: 'registers'; readonly rdi: number; readonly rsi: number; readonly rcx: number })
  | (At & {
      readonly kind: 'exception';
      /** aarch64: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError. */
      readonly vector: number;
      /** Undefined where the vector pushes none. aarch64: ESR_EL1. */
      readonly errorCode: number | undefined;
      /** aarch64: FAR_EL1. */
      readonly cr2: number;
      /** RIP or PC minus the labelled instruction (fetch: minus the target), in bytes. */
      readonly ripOffset: number;
    })
  | (At & { readonly kind: 'internal_error'; readonly suberror: number; readonly atLabel: boolean })
  | (At & { readonly kind: 'memory_fault'; readonly errno: number; readonly flags: bigint; readonly gpa: number })
  | (At & { readonly kind: 'ring_full' })
  | (At & { readonly kind: 'run_error'; readonly errno: number })
  | (At & { readonly kind: 'shutdown' })
  | (At & { readonly kind: 'other_exit'; readonly reason: number })
  | (At & { readonly kind: 'sigbus'; readonly region: Region; readonly page: number; readonly code: number })
  | (At & { readonly kind: 'hang' })
  | (At & {
      readonly kind: 'ptes';
      readonly region: Region;
      readonly page: number;
      /** Entry at each level (aarch64: l3, l2, l1), undefined where the table's page was not present in host memory. */
      readonly entries: Readonly<Record<X86PteLevel, bigint | undefined>>;
    })
  | (At & {
      readonly kind: 'result';
      /** errno of the ioctl or system call, 0 for success. */
      readonly errno: number;
      /** The driver refused without a system call. */
      readonly byDriver: boolean;
      readonly value: bigint;
    })
  | (At & { readonly kind: 'dirty_word'; readonly region: Region; readonly index: number; readonly bits: bigint })
  | (At & { readonly kind: 'ring_entry'; readonly region: Region; readonly page: number })
  | (At & {
      readonly kind: 'withdrawn';
      readonly region: Region;
      /** The waiting thread still slept after the range was unregistered, and the driver woke it by hand. */
      readonly stuck: boolean;
    })
  | (At & {
      readonly kind: 'page';
      readonly region: Region;
      readonly page: number;
      readonly base: 'initial' | 'zero' | 'copy';
      readonly differing: number;
    })
  | (At & {
      readonly kind: 'page_word';
      readonly region: Region;
      readonly page: number;
      readonly offset: number;
      readonly value: bigint;
    })
  | (At & { readonly kind: 'child'; readonly changed: boolean });

export type ObservedKind = Observed['kind'];

/** What came of executing one scenario. */
export interface Observation {
  readonly status: 'ok' | 'refused' | 'skipped' | 'fault' | 'hang';
  /** One sentence for people; empty when all is well. */
  readonly detail: string;
  /** The virtual machine had run other scenarios before. */
  readonly reused: boolean;
  readonly events: readonly Observed[];
}
