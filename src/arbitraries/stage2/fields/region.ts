import { leafPages } from '../../../scenario/stage2/arch.js';
import { BACKING_INFO } from '../../../scenario/stage2/backing.js';
import { BACKINGS } from '../../../scenario/stage2/config.js';
import { MAX_OFFSET_PAGES, PAGES_PER_HUGE_PAGE } from '../../../scenario/stage2/layout.js';
import type { Backing, DataRegion, PtRegion, SlotFlags, Stage2Config, Uffd } from '../../../scenario/stage2.js';
import { pickData, pickUffd, uffdWith } from '../config.js';
import type { Bag, Dice } from '../dice.js';
import { uffdModes, type Tables, type UffdModes } from '../tables.js';
import type { ConfigField } from './field.js';

type Name = 'pt' | 'data' | 'data2';
type Region = PtRegion | DataRegion;

/** Kinds of memory that the page tables are put in. */
const PT_BACKINGS: readonly Backing[] = ['anon', 'anon_thp', 'shmem', 'memfd'];
const FLAGS: readonly SlotFlags[] = [
  { log: false, readonly: false },
  { log: true, readonly: false },
  { log: false, readonly: true },
  { log: true, readonly: true },
];
const FLAG_NAMES = ['none', 'log', 'readonly', 'log+readonly'];
const ABSENT = 'absent';

/** Registrations by their modes; the first is none. */
const MODES: readonly (UffdModes | null)[] = Array.from({ length: 8 }, (_, bits) =>
  bits === 0 ? null : { missing: (bits & 1) !== 0, minor: (bits & 2) !== 0, wp: (bits & 4) !== 0 },
);
const MODE_NAMES = MODES.map((modes) =>
  modes === null ? 'none' : (['missing', 'minor', 'wp'] as const).filter((mode) => modes[mode]).join('+'),
);

function modesOf(uffd: Uffd | null): number {
  return uffd === null ? 0 : Number(uffd.missing) + 2 * Number(uffd.minor) + 4 * Number(uffd.wp);
}

function backingsFor(name: Name, tables: Tables): Bag<Backing> {
  return name === 'pt' ? tables.ptBackings : tables.backings;
}

function withRegion(config: Stage2Config, name: Name, region: Region | null): Stage2Config {
  return { ...config, [name]: region };
}

/** The region of another kind of memory, with what that does not allow picked anew. */
function withBacking<R extends Region>(region: R, backing: Backing, dice: Dice, tables: Tables): R {
  if (region.backing === backing) return region;
  const uffd = region.uffd === null ? null : pickUffd(dice, tables, backing);
  const changed = { ...region, backing, uffd };
  return 'offsetPages' in region && BACKING_INFO[backing].huge ? { ...changed, offsetPages: 0 } : changed;
}

/** The region as it is or in other memory, so that `fits` holds; undefined when there is no such memory. */
function inFittingMemory<R extends Region>(
  region: R,
  candidates: Bag<Backing>,
  fits: (backing: Backing) => boolean,
  dice: Dice,
  tables: Tables,
): R | undefined {
  if (fits(region.backing)) return region;
  const [first, ...rest] = candidates.filter(fits);
  return first === undefined ? undefined : withBacking(region, dice.pick([first, ...rest]), dice, tables);
}

/** `data2` is made when a value of it is pinned. */
function regionIn(config: Stage2Config, name: Name, dice: Dice, tables: Tables): Region {
  return config[name] ?? pickData(dice, tables, leafPages(config));
}

function backingField(name: Name): ConfigField {
  const backings = name === 'pt' ? PT_BACKINGS : BACKINGS;
  const values: readonly string[] = name === 'data2' ? [ABSENT, ...backings] : backings;
  return {
    name: `${name} memory`,
    values,
    of: (config) => values.indexOf(config[name]?.backing ?? ABSENT),
    pin: (config, value, dice, tables) => {
      const backing = backings.find((known) => known === values[value]);
      if (backing === undefined) return withRegion(config, name, null);
      if (!backingsFor(name, tables).includes(backing)) return undefined;
      return withRegion(config, name, withBacking(regionIn(config, name, dice, tables), backing, dice, tables));
    },
  };
}

function flagsField(name: Name): ConfigField {
  return {
    name: `${name} slot`,
    values: FLAG_NAMES,
    of: (config) => {
      const flags = config[name]?.flags;
      return flags === undefined ? -1 : Number(flags.log) + 2 * Number(flags.readonly);
    },
    pin: (config, value, dice, tables) => {
      const flags = FLAGS[value];
      if (flags === undefined) return undefined;
      const possible = tables.has.readonlyMem && (name !== 'pt' || tables.readOnlyTables);
      if (flags.readonly && !possible) return undefined;
      return withRegion(config, name, { ...regionIn(config, name, dice, tables), flags });
    },
  };
}

function uffdField(name: Name): ConfigField {
  return {
    name: `${name} uffd`,
    values: MODE_NAMES,
    of: (config) => {
      const region = config[name];
      return region === null ? -1 : modesOf(region.uffd);
    },
    pin: (config, value, dice, tables) => {
      const modes = MODES[value];
      const region = regionIn(config, name, dice, tables);
      if (modes === undefined) return undefined;
      if (modes === null) return withRegion(config, name, { ...region, uffd: null });
      const fits = (backing: Backing): boolean => {
        const there = uffdModes(tables.has, backing);
        return (!modes.missing || there.missing) && (!modes.minor || there.minor) && (!modes.wp || there.wp);
      };
      const fitting = inFittingMemory(region, backingsFor(name, tables), fits, dice, tables);
      if (fitting === undefined) return undefined;
      if (modesOf(fitting.uffd) === value) return withRegion(config, name, fitting);
      return withRegion(config, name, { ...fitting, uffd: uffdWith(dice, tables, fitting.backing, modes) });
    },
  };
}

const SIZES = ['one leaf', 'few pages', 'many pages'];
/** Beyond, a dirty bitmap has several words. */
const FEW_PAGES = 64;
const MANY_PAGES = 80;

const sizeField: ConfigField = {
  name: 'data size',
  values: SIZES,
  of: (config) => {
    const { pages } = config.data;
    return pages === leafPages(config) ? 0 : pages <= FEW_PAGES ? 1 : 2;
  },
  pin: (config, value, dice) => {
    const unit = leafPages(config);
    const pages = value === 0 ? unit : value === 1 ? 2 * unit : MANY_PAGES + unit * dice.below(4);
    return sizeField.of(config) === value ? config : withRegion(config, 'data', { ...config.data, pages });
  },
};

const PLACES = ['at 2 MiB', 'inside 2 MiB', 'across 2 MiB'];

const placeField: ConfigField = {
  name: 'data place',
  values: PLACES,
  of: ({ data: { offsetPages, pages } }) => {
    if (offsetPages === 0) return 0;
    return offsetPages + pages <= PAGES_PER_HUGE_PAGE ? 1 : 2;
  },
  pin: (config, value, dice, tables) => {
    if (placeField.of(config) === value) return config;
    if (value === 0) return withRegion(config, 'data', { ...config.data, offsetPages: 0 });
    const isSmall = (backing: Backing): boolean => !BACKING_INFO[backing].huge;
    const data = inFittingMemory(config.data, tables.backings, isSmall, dice, tables);
    if (data === undefined) return undefined;
    const unit = leafPages(config);
    if (value === 1) return withRegion(config, 'data', { ...data, offsetPages: unit });
    const pages = Math.max(data.pages, 2 * unit);
    return withRegion(config, 'data', { ...data, pages, offsetPages: MAX_OFFSET_PAGES & -unit });
  },
};

/** Fields of the regions that have a slot. */
export const REGION_FIELDS: readonly ConfigField[] = [
  ...(['pt', 'data'] as const).flatMap((name) => [backingField(name), flagsField(name), uffdField(name)]),
  sizeField,
  placeField,
  backingField('data2'),
  flagsField('data2'),
  uffdField('data2'),
];
