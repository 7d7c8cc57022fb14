import type { ArmProfile } from '../../scenario/profile.js';
import { ARM_PTE_BIT, type Granule } from '../../scenario/stage2/arch.js';
import type { Driver } from '../library.js';
import { find, Prober } from './prober.js';
import {
  armScenario,
  COPYING,
  getDirty,
  plainAccess,
  PLAIN_REGION,
  protectFirst,
  registerWithoutWp,
  UNANSWERED_WP,
  WITH_WP,
  writeProtectFirst,
  writeProtectTwo,
} from './scenarios.js';

/** An emulator with several threads may answer now one way and now the other. */
const TRIES = 3;

/** Probes an aarch64 machine, with guests that use one granule. */
export class ArmProber extends Prober {
  constructor(
    driver: Driver,
    private readonly granule: Granule,
  ) {
    super(driver);
  }

  /**
   * A compare-and-swap on a hole in a read-only slot with userfaultfd: if it faults as a read first, there is a message
   * for the read before KVM_RUN fails for the write; if it faults as a write at once, KVM_RUN fails without one.
   */
  atomicFaults(): ArmProfile['atomicFaults'] {
    const tries = Array.from({ length: TRIES }, () => this.atomicReadsFirst());
    return tries.every((reads) => reads) ? 'read_first' : 'write_at_once';
  }

  private atomicReadsFirst(): boolean {
    const { granule } = this;
    const data = { ...PLAIN_REGION, flags: { log: false, readonly: true }, uffd: COPYING };
    const hole = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'dontneed' } as const;
    const { events } = this.run(armScenario({ granule, data }, [hole, plainAccess('cas', 8, 'data')]));
    const message = find(events, 'uffd');
    return message !== undefined && !message.write;
  }

  /** `at` on an entry whose access flag is clear, where the processor manages the flag. */
  atSetsAccessFlag(): boolean {
    const { granule } = this;
    const initial = { af: false, dbm: false, writable: true };
    const scenario = armScenario({ granule, ha: true, initial }, [plainAccess('at_s1e1r', 1, 'data')]);
    const leaf = find(this.run(scenario).events, 'ptes')?.entries.pte ?? 0n;
    return ((leaf >> BigInt(ARM_PTE_BIT.accessed)) & 1n) === 1n;
  }

  /** Where cache maintenance is checked like a load, it does not get past a mapping that refuses all access. */
  maintenanceLoads(): boolean {
    const { granule } = this;
    const scenario = armScenario({ granule }, [protectFirst, plainAccess('dc_civac', 1, 'data')]);
    return this.kindAt(1, scenario) !== 'done';
  }

  /** The first walk of a new virtual machine, so that KVM maps the tables for it. */
  walkDirtiesTables(): ArmProfile['walkDirtiesTables'] {
    const { granule } = this;
    const pt = { ...PLAIN_REGION, flags: { log: true, readonly: false } };
    const get = getDirty('pt');
    return this.dirtiesTables(2, armScenario({ granule, pt }, [get, plainAccess('ldr', 8, 'data'), get]));
  }

  dropsWp(): boolean {
    return this.dropsWpIn(armScenario({ granule: this.granule, data: WITH_WP }, [registerWithoutWp]));
  }

  unregisterWakesAll(): boolean {
    const changes = { granule: this.granule, data: UNANSWERED_WP };
    return this.unregisterWakesAllIn(armScenario(changes, [writeProtectFirst, plainAccess('str', 8, 'data')]));
  }

  wpSpansMappings(): boolean {
    const { granule } = this;
    return this.wpSpansMappingsIn(armScenario({ granule, data: WITH_WP }, [protectFirst, writeProtectTwo], 2));
  }

  /** An access that the host's mapping refuses fails KVM_RUN, with or without an exit that says where. */
  memoryFaultExit(): boolean {
    const { granule } = this;
    const scenario = armScenario({ granule }, [protectFirst, plainAccess('ldr', 8, 'data')]);
    return this.kindAt(1, scenario) === 'memory_fault';
  }
}
