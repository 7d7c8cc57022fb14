import { GRANULE_PAGES, GRANULES, type Granule } from '../../../scenario/stage2/arch.js';
import type { ArmConfig, Stage2Config, X86Config } from '../../../scenario/stage2.js';
import { DIRTY_TRACKINGS } from '../../../scenario/stage2/config.js';
import { pickRegions } from '../config.js';
import type { Dice } from '../dice.js';
import type { Tables } from '../tables.js';
import { OFF_ON, type ConfigField } from './field.js';

const PRIVILEGES = ['kernel', 'user'] as const;

const privilege: ConfigField = {
  name: 'privilege',
  values: PRIVILEGES,
  of: (config) => PRIVILEGES.indexOf(config.privilege),
  pin: (config, value) => ({ ...config, privilege: PRIVILEGES[value] ?? 'kernel' }),
};

const vcpus: ConfigField = {
  name: 'vCPUs',
  values: ['1', '2'],
  of: (config) => config.vcpus - 1,
  pin: (config, value) => ({ ...config, vcpus: value === 0 ? 1 : 2 }),
};

const dirtyTracking: ConfigField = {
  name: 'dirty tracking',
  values: DIRTY_TRACKINGS,
  of: (config) => DIRTY_TRACKINGS.indexOf(config.dirtyTracking),
  pin: (config, value, _dice, { trackings }) => {
    const tracking = DIRTY_TRACKINGS[value];
    if (tracking === undefined || !trackings.includes(tracking)) return undefined;
    return { ...config, dirtyTracking: tracking };
  },
};

function x86Bit(name: string, bit: keyof X86Config['initial']): ConfigField {
  return {
    name,
    values: OFF_ON,
    of: (config) => ('granule' in config ? -1 : Number(config.initial[bit])),
    pin: (config, value) => {
      if ('granule' in config) return undefined;
      return { ...config, initial: { ...config.initial, [bit]: value === 1 } };
    },
  };
}

/** Fields of the machine and of its page tables on x86_64. */
export const X86_MACHINE: readonly ConfigField[] = [
  privilege,
  vcpus,
  dirtyTracking,
  x86Bit('PTE.A', 'pteA'),
  x86Bit('PTE.D', 'pteD'),
  x86Bit('PDE.A', 'pdeA'),
  x86Bit('PDPTE.A', 'pdpteA'),
];

type ArmPin = (config: ArmConfig, value: number, dice: Dice, tables: Tables) => ArmConfig | undefined;

function armField(
  name: string,
  values: readonly string[],
  of: (config: ArmConfig) => number,
  pin: ArmPin,
): ConfigField {
  return {
    name,
    values,
    of: (config) => ('granule' in config ? of(config) : -1),
    pin: (config, value, dice, tables): Stage2Config | undefined =>
      'granule' in config ? pin(config, value, dice, tables) : undefined,
  };
}

const GRANULE_FEATURE = { '4k': 'granule4k', '16k': 'granule16k', '64k': 'granule64k' } as const;

function pinGranule(config: ArmConfig, granule: Granule, dice: Dice, tables: Tables): ArmConfig | undefined {
  if (config.granule === granule) return config;
  if (!tables.has[GRANULE_FEATURE[granule]]) return undefined;
  // The sizes of all regions are multiples of the granule.
  return { ...config, granule, ...pickRegions(dice, tables, GRANULE_PAGES[granule]) };
}

function armBit(name: string, bit: keyof ArmConfig['initial']): ConfigField {
  return armField(
    name,
    OFF_ON,
    ({ initial }) => Number(initial[bit]),
    (config, value) => ({ ...config, initial: { ...config.initial, [bit]: value === 1 } }),
  );
}

/** Fields of the machine and of its page tables on aarch64. */
export const ARM_MACHINE: readonly ConfigField[] = [
  privilege,
  vcpus,
  dirtyTracking,
  armField(
    'granule',
    GRANULES,
    ({ granule }) => GRANULES.indexOf(granule),
    (config, value, dice, tables) => pinGranule(config, GRANULES[value] ?? '4k', dice, tables),
  ),
  armField(
    'TCR.HA',
    OFF_ON,
    ({ ha }) => Number(ha),
    (config, value, _dice, { has }) => {
      if (value === 0) return { ...config, ha: false, hd: false };
      return has.hardwareAccessFlag ? { ...config, ha: true } : undefined;
    },
  ),
  armField(
    'TCR.HD',
    OFF_ON,
    ({ hd }) => Number(hd),
    (config, value, _dice, { has }) => {
      if (value === 0) return { ...config, hd: false };
      return has.hardwareAccessFlag && has.hardwareDirty ? { ...config, ha: true, hd: true } : undefined;
    },
  ),
  armBit('L3.AF', 'af'),
  armBit('L3.DBM', 'dbm'),
  armBit('L3 writable', 'writable'),
];
