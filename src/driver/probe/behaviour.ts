/** Probes: each runs a small scenario and reads one implementation-defined choice off what it shows. */
import type { OpAbility, Profile } from '../../scenario/profile.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';
import { PTE_BIT } from '../../scenario/stage2/layout.js';
import { OP_NAMES, opInfo, type Op } from '../../scenario/stage2/ops.js';
import type { Driver } from '../library.js';
import type { Observation, Observed } from '../observation.js';
import { decodeStage2 } from '../wire/decode.js';
import { encodeStage2 } from '../wire/encode.js';
import { plainAccess, plainConfig, scenarioOf } from './scenarios.js';

/** A probe may meet a KVM that never comes back from it. */
const DEADLINE_MS = 500;
const INVALID_OPCODE = 6;

/** Runs probes on one driver. */
export class Prober {
  constructor(private readonly driver: Driver) {}

  private run(scenario: Stage2Scenario, freshVm = true): Observation {
    const options = { freshVm, deadlineMs: DEADLINE_MS, plant: 'none', id: 0n };
    return decodeStage2(this.driver.execute(encodeStage2(scenario, options)));
  }

  /** Page tables in a read-only slot: under shadow paging the walk works and leaves A clear; otherwise anything goes. */
  readOnlyTables(): Profile['readOnlyTables'] {
    const pt = { backing: 'anon', flags: { log: false, readonly: true }, uffd: null } as const;
    const initial = { pteA: false, pdeA: false, pdpteA: false, pteD: false };
    const { status, events } = this.run(scenarioOf({ pt, initial }, [plainAccess('load', 8, 'data')]));
    const entries = find(events, 'ptes')?.entries;
    const accessed = ((entries?.pte ?? 0n) >> BigInt(PTE_BIT.accessed)) & 1n;
    return status === 'ok' && find(events, 'done') !== undefined && accessed === 0n ? 'work' : 'undefined';
  }

  /** An access that the host's mapping refuses fails KVM_RUN on the processor and becomes MMIO in the emulator. */
  refusedAccess(privilege: 'kernel' | 'user'): Observed['kind'] | undefined {
    const protect = { kind: 'host', action: 'mprotect', region: 'data', page: 0, pages: 1, prot: 'none' } as const;
    const { events } = this.run(scenarioOf({ privilege }, [protect, plainAccess('load', 8, 'data')]));
    return events.find(({ step, kind }) => step === 1 && kind !== 'ptes')?.kind;
  }

  /** Whether a walk that changes no entry marks the pages of the page tables. */
  walkDirtiesTables(): Profile['walkDirtiesTables'] {
    const pt = { ...plainConfig({}).pt, flags: { log: true, readonly: false } };
    const get = { kind: 'dirtyLog', action: 'get', region: 'pt' } as const;
    const { events } = this.run(scenarioOf({ pt, privilege: 'user' }, [get, plainAccess('load', 8, 'data'), get]));
    return events.some(({ step, kind }) => step === 2 && kind === 'dirty_word') ? 'always' : 'on_change';
  }

  /** What an operation does on memory and on MMIO, at both privileges. */
  ability(op: Op): { kernel: OpAbility; user: OpAbility } {
    return { kernel: this.abilityAt(op, 'kernel'), user: this.abilityAt(op, 'user') };
  }

  private abilityAt(op: Op, privilege: 'kernel' | 'user'): OpAbility {
    const width = Math.max(...opInfo(op).widths);
    const on = (region: 'data' | 'none'): 'works' | 'undecoded' | 'absent' => {
      const observation = this.run(scenarioOf({ privilege }, [plainAccess(op, width, region)]), false);
      return outcome(observation);
    };
    const memory = on('data');
    const mmio = on('none');
    return { memory: memory === 'works' ? 'runs' : memory, mmio: mmio === 'works' ? 'emulated' : mmio };
  }

  abilities(): Profile['ops'] {
    return Object.fromEntries(OP_NAMES.map((op) => [op, this.ability(op)])) as Profile['ops'];
  }
}

function outcome({ status, events }: Observation): 'works' | 'undecoded' | 'absent' {
  if (status === 'skipped') return 'absent';
  if (find(events, 'exception')?.vector === INVALID_OPCODE) return 'absent';
  return find(events, 'done') === undefined ? 'undecoded' : 'works';
}

function find<K extends Observed['kind']>(
  events: readonly Observed[],
  kind: K,
): Extract<Observed, { kind: K }> | undefined {
  return events.find((event): event is Extract<Observed, { kind: K }> => event.kind === kind);
}
