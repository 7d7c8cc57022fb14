import type { OpAbility, X86Profile } from '../../scenario/profile.js';
import { FILL_TAG, PAGE_SIZE, PTE_BIT } from '../../scenario/stage2/layout.js';
import { opInfo, X86_OP_NAMES, type X86Op } from '../../scenario/stage2/ops.js';
import type { Observation, Observed } from '../observation.js';
import { find, Prober } from './prober.js';
import {
  absentFirst,
  getDirty,
  plainAccess,
  PLAIN_REGION,
  protectFirst,
  registerWithoutWp,
  UNANSWERED_WP,
  WITH_WP,
  writeProtectFirst,
  writeProtectTwo,
  x86Scenario,
} from './scenarios.js';

const INVALID_OPCODE = 6;
const PAGE_FAULT = 14;
/** Error-code bit of a page fault. */
const PF_WRITE = 2;

const WORD = 8;
const WIDEST = 64;

const ONE_PAGE = { pages: 1, offsetPages: 0 };

/** Probes an x86 machine. */
export class X86Prober extends Prober {
  /** Page tables in a read-only slot: under shadow paging the walk works and leaves A clear; otherwise anything goes. */
  readOnlyTables(): X86Profile['readOnlyTables'] {
    const pt = { ...PLAIN_REGION, flags: { log: false, readonly: true } };
    const initial = { pteA: false, pdeA: false, pdpteA: false, pteD: false };
    const { status, events } = this.run(x86Scenario({ pt, initial }, [plainAccess('load', 8, 'data')]));
    const entries = find(events, 'ptes')?.entries;
    const accessed = ((entries?.pte ?? 0n) >> BigInt(PTE_BIT.accessed)) & 1n;
    // Under nested paging KVM has been seen to take the table for the operand, and to hand out its entry.
    const tag = (find(events, 'done')?.rax ?? 0n) >> 56n;
    return status === 'ok' && tag === BigInt(FILL_TAG.initial) && accessed === 0n ? 'work' : 'undefined';
  }

  /** An access that the host's mapping refuses fails KVM_RUN on the processor and becomes MMIO in the emulator. */
  refusedAccess(privilege: 'kernel' | 'user'): Observed['kind'] | undefined {
    return this.kindAt(1, x86Scenario({ privilege }, [protectFirst, plainAccess('load', 8, 'data')]));
  }

  walkDirtiesTables(): X86Profile['walkDirtiesTables'] {
    const pt = { ...PLAIN_REGION, flags: { log: true, readonly: false } };
    const get = getDirty('pt');
    return this.dirtiesTables(2, x86Scenario({ pt, privilege: 'user' }, [get, plainAccess('load', 8, 'data'), get]));
  }

  dropsWp(): boolean {
    return this.dropsWpIn(x86Scenario({ data: { ...WITH_WP, ...ONE_PAGE } }, [registerWithoutWp]));
  }

  unregisterWakesAll(): boolean {
    const data = { ...UNANSWERED_WP, ...ONE_PAGE };
    return this.unregisterWakesAllIn(x86Scenario({ data }, [writeProtectFirst, plainAccess('store', WORD, 'data')]));
  }

  wpSpansMappings(): boolean {
    const data = { ...WITH_WP, pages: 2, offsetPages: 0 };
    return this.wpSpansMappingsIn(x86Scenario({ data }, [protectFirst, writeProtectTwo]));
  }

  /**
   * The page fault of an atomic on a page that is not present says whether the processor wanted to write at once. Silicon does;
   * emulated processors read, and then write. At CPL3, because KVM may emulate CPL0.
   */
  atomicFaults(): X86Profile['atomicFaults'] {
    const { events } = this.run(x86Scenario({ privilege: 'user' }, [absentFirst, plainAccess('lock_add', 8, 'data')]));
    const code = find(events, 'exception')?.errorCode ?? PF_WRITE;
    return (code & PF_WRITE) === 0 ? 'read_first' : 'write_at_once';
  }

  /** How much is written of a store that straddles into a page that the host protects. */
  storesAtOnce(): number {
    const part = (op: X86Op, width: number, onFirst: number): number => {
      const protect = { ...protectFirst, page: 1 };
      const store = { ...plainAccess(op, width, 'data'), offset: PAGE_SIZE - onFirst };
      const data = { ...PLAIN_REGION, pages: 2, offsetPages: 0 };
      const { events } = this.run(x86Scenario({ privilege: 'user', data }, [protect, store]));
      return events.filter(({ kind }) => kind === 'page_word').length * WORD;
    };
    if (part('movups_store', 16, WORD) > 0) return WORD;
    return part('avx_store', 32, 24) > 0 ? 16 : WIDEST;
  }

  /**
   * Two pages are written, and the log is read, so that their translations are read-only. The guest edits the entry of the second, and
   * another vCPU enters: whoever reports the first page has made its translation anew.
   */
  syncsWholeTables(): boolean {
    const data = { ...PLAIN_REGION, flags: { log: true, readonly: false }, pages: 2, offsetPages: 0 };
    const store = plainAccess('store', 8, 'data');
    const edit = { ...absentFirst, page: 1, flag: 'dirty', by: 'guest', flush: false } as const;
    const enter = { ...plainAccess('load', 8, 'none'), vcpu: 1 } as const;
    const get = getDirty('data');
    const steps = [store, { ...store, page: 1 }, edit, get, enter, get];
    const { events } = this.run(x86Scenario({ privilege: 'user', vcpus: 2, data }, steps));
    const last = events.filter(({ step }) => step === steps.length - 1);
    return ((find(last, 'dirty_word')?.bits ?? 0n) & 1n) === 1n;
  }

  /** An AVX store to MMIO, which a load made KVM cache before the guest took the right to write away. */
  mmioBeforeRights(): boolean {
    const forbid = { ...absentFirst, region: 'none', flag: 'writable', by: 'guest' } as const;
    const steps = [plainAccess('load', 8, 'none'), forbid, plainAccess('avx_store', 32, 'none')];
    const { status, events } = this.run(x86Scenario({ privilege: 'user' }, steps));
    return status === 'ok' && find(events, 'exception')?.vector !== PAGE_FAULT;
  }

  /** Where clflush is checked like a load, it does not get past a mapping that refuses all access. */
  clflushLoads(): boolean {
    const scenario = x86Scenario({ privilege: 'user' }, [protectFirst, plainAccess('clflush', 1, 'data')]);
    return this.kindAt(1, scenario) !== 'done';
  }

  /** What each operation does on memory and on MMIO, at both privileges. */
  abilities(): X86Profile['ops'] {
    const ability = (op: X86Op): { kernel: OpAbility; user: OpAbility } => ({
      kernel: this.abilityAt(op, 'kernel'),
      user: this.abilityAt(op, 'user'),
    });
    return Object.fromEntries(X86_OP_NAMES.map((op) => [op, ability(op)])) as X86Profile['ops'];
  }

  private abilityAt(op: X86Op, privilege: 'kernel' | 'user'): OpAbility {
    const width = Math.max(...opInfo(op).widths);
    const on = (region: 'data' | 'none'): Outcome =>
      outcome(this.run(x86Scenario({ privilege }, [plainAccess(op, width, region)]), false));
    const memory = on('data');
    if (memory === 'invalid_opcode') return { memory: 'absent', mmio: 'absent' };
    const mmio = on('none');
    return { memory: memory === 'works' ? 'runs' : memory, mmio: mmio === 'works' ? 'emulated' : mmio };
  }
}

type Outcome = 'works' | 'undecoded' | 'invalid_opcode' | 'absent';

function outcome({ status, events }: Observation): Outcome {
  if (status === 'skipped') return 'absent';
  if (find(events, 'exception')?.vector === INVALID_OPCODE) return 'invalid_opcode';
  return find(events, 'done') === undefined ? 'undecoded' : 'works';
}
