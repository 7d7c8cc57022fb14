import type { OpAbility, X86Profile } from '../../scenario/profile.js';
import { FILL_TAG, PTE_BIT } from '../../scenario/stage2/layout.js';
import { opInfo, X86_OP_NAMES, type X86Op } from '../../scenario/stage2/ops.js';
import type { Observation, Observed } from '../observation.js';
import { find, Prober } from './prober.js';
import { getDirty, plainAccess, PLAIN_REGION, protectFirst, x86Scenario } from './scenarios.js';

const INVALID_OPCODE = 6;

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
    const on = (region: 'data' | 'none'): 'works' | 'undecoded' | 'absent' =>
      outcome(this.run(x86Scenario({ privilege }, [plainAccess(op, width, region)]), false));
    const memory = on('data');
    const mmio = on('none');
    return { memory: memory === 'works' ? 'runs' : memory, mmio: mmio === 'works' ? 'emulated' : mmio };
  }
}

function outcome({ status, events }: Observation): 'works' | 'undecoded' | 'absent' {
  if (status === 'skipped') return 'absent';
  if (find(events, 'exception')?.vector === INVALID_OPCODE) return 'absent';
  return find(events, 'done') === undefined ? 'undecoded' : 'works';
}
