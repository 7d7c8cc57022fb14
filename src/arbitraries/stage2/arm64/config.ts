import { GRANULE_PAGES, type Granule } from '../../../scenario/stage2/arch.js';
import type { ArmConfig } from '../../../scenario/stage2.js';
import { pickMachine, pickRegions } from '../config.js';
import type { Bag, Dice } from '../dice.js';
import type { Tables } from '../tables.js';

function pickInitial(dice: Dice, ha: boolean, hd: boolean): ArmConfig['initial'] {
  // Without the processor's help, each entry whose flag is clear is an exception of the guest and little else.
  const af = dice.percent(ha ? 50 : 80);
  const dbm = dice.percent(hd ? 60 : 15);
  return { af, dbm, writable: dice.percent(hd && dbm ? 45 : 88) };
}

/** A machine configuration. */
export function pickArmConfig(dice: Dice, tables: Tables, granules: Bag<Granule>): ArmConfig {
  const granule = dice.pick(granules);
  const ha = tables.has.hardwareAccessFlag && dice.percent(72);
  const hd = ha && tables.has.hardwareDirty && dice.percent(35);
  return {
    ...pickMachine(dice, tables),
    granule,
    ha,
    hd,
    initial: pickInitial(dice, ha, hd),
    ...pickRegions(dice, tables, GRANULE_PAGES[granule]),
  };
}
