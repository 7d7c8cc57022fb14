/** Instructions that translate an address and access nothing behind it: `at`, and the prefetch. */
import { ARM_PTE_BIT } from '../../../scenario/stage2/arch.js';
import { GPA, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import type { AccessRegion } from '../../../scenario/stage2/steps.js';
import type { Masked } from '../../expectation.js';
import { markDirty } from '../dirt.js';
import { bitOf, withoutBit } from '../masked.js';
import { wrong } from '../mmio.js';
import { firstIndex } from '../regions.js';
import { R } from '../rules/index.js';
import { contentOf } from '../state.js';
import { endRefused, NOTHING, takeException, type Completed, type Performed } from './perform.js';
import type { ArmRun } from './run.js';
import { faultStatus, type Fault } from './syndrome.js';
import { entryPlaces } from './tables.js';
import { walk } from './walk.js';

/** Bits of PAR_EL1: of a translation that failed the status (and that no stage 2 was concerned), of another the address. */
const FAILED = 1n;
const STATUS_SHIFT = 1n;
const FAILURE_KNOWN = 0x37fn;
const ADDRESS_KNOWN = 0x0000fffffffff001n;

/** PAR_EL1 after `at` met a fault. */
function failure(fault: Fault): Masked {
  return { value: FAILED | (BigInt(faultStatus(fault)) << STATUS_SHIFT), known: FAILURE_KNOWN };
}

/** PAR_EL1 after `at` found the address. Attributes are told as the processor likes. */
function success({ config }: ArmRun, region: AccessRegion, page: number): Masked {
  return { value: BigInt(GPA[region] + (firstIndex(config, region) + page) * PAGE_SIZE), known: ADDRESS_KNOWN };
}

/** The walk of `at`. Undefined: it did not complete, and its ending is among the events. */
export function translate(run: ArmRun, performed: Performed): Completed | undefined {
  const { vcpu, operand, how } = performed;
  const { place, page } = operand;
  const [phase] = how.phases;
  if (place === 'scratch' || place === 'pt' || phase === undefined) return NOTHING;
  run.pending.length = 0;
  const updates = run.profile.atSetsAccessFlag === run.docket.holds(R.atAccessFlag) ? 'flag' : 'none';
  const found = walk(run, vcpu, place, page, { write: phase.write, fetch: false, unprivileged: false, updates });
  switch (found.kind) {
    case 'open':
      return undefined;
    case 'poisoned':
      endRefused(run, performed, { kind: 'refused', poisoned: true, place: 'pt', page: found.page });
      return undefined;
    case 'aborted':
      takeException(run, performed, { ...operand, place, length: 1, before: 0 }, phase, found);
      return undefined;
    default: {
      const result = found.kind === 'fault' ? failure(found.fault) : success(run, place, page);
      return { ...NOTHING, first: run.docket.holds(R.atResult) ? result : wrong(result) };
    }
  }
}

/** A prefetch walks the tables or does not; all that may be seen of it is the access flag. */
export function prefetch(run: ArmRun, { vcpu, operand }: Performed): void {
  const { place: region, page } = operand;
  if (region === 'scratch' || region === 'pt') return;
  const pt = run.machine.region('pt');
  const { l3 } = entryPlaces(run.config, region, page);
  const word = contentOf(pt, l3.page).word(l3.offset);
  const unit = pt.units.get(pt.huge ? 0 : l3.page);
  if (unit !== undefined && unit.presence !== 'mapped') return;
  const mayUpdate = run.config.ha && bitOf(word, ARM_PTE_BIT.valid) !== false && !pt.slot.flags.readonly;
  if (!mayUpdate || bitOf(word, ARM_PTE_BIT.accessed) === true || !run.docket.holds(R.prefetchMayTranslate)) return;
  contentOf(pt, l3.page).setWord(l3.offset, withoutBit(word, ARM_PTE_BIT.accessed));
  markDirty(run, pt, l3.page, R.tableUpdateMarks, false, vcpu);
}
