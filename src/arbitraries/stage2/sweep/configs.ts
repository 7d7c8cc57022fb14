import { GRANULE_PAGES, GRANULES } from '../../../scenario/stage2/arch.js';
import { BACKINGS, DIRTY_TRACKINGS } from '../../../scenario/stage2/config.js';
import type {
  ArmConfig,
  Backing,
  DataRegion,
  DirtyTracking,
  SlotFlags,
  Stage2Config,
  Uffd,
  X86Config,
} from '../../../scenario/stage2.js';
import type { Recipe } from '../generate.js';
import { uffdModes, type Tables } from '../tables.js';

const PRIVILEGES = ['kernel', 'user'] as const;
const ON_OFF = [false, true] as const;

/** A handler that lets each access go on. */
function answering(missing: boolean, minor: boolean, wp: boolean): Uffd {
  const answers = { missingAnswers: ['copy'], minorAnswer: 'continue', wpAnswer: 'unprotect' } as const;
  return { missing, minor, wp, ...answers, missingAnswers: ['copy'], delayUs: 0 };
}

/** No registration, and each that the memory allows. */
function registrations(tables: Tables, backing: Backing): (Uffd | null)[] {
  const there = uffdModes(tables.has, backing);
  const all = ON_OFF.flatMap((wp) => ON_OFF.flatMap((minor) => ON_OFF.map((missing) => answering(missing, minor, wp))));
  const fitting = all.filter(
    ({ missing, minor, wp }) =>
      (missing || minor || wp) && (!missing || there.missing) && (!minor || there.minor) && (!wp || there.wp),
  );
  return [null, ...fitting];
}

/** A kind of memory with a registration. */
type Memory = Pick<DataRegion, 'backing' | 'uffd'>;

function memories(tables: Tables): Memory[] {
  return BACKINGS.filter((backing) => tables.backings.includes(backing)).flatMap((backing) =>
    registrations(tables, backing).map((uffd) => ({ backing, uffd })),
  );
}

/** Flags of both slots, and the mode of dirty tracking, which is of no meaning where nothing is logged. */
interface Slots {
  readonly dirtyTracking: DirtyTracking;
  readonly pt: SlotFlags;
  readonly data: SlotFlags;
}

function slots(tables: Tables): Slots[] {
  const flags = ON_OFF.flatMap((readonly) => ON_OFF.map((log) => ({ log, readonly })));
  const dataFlags = flags.filter(({ readonly }) => !readonly || tables.has.readonlyMem);
  const ptFlags = flags.filter(
    ({ log, readonly }) => !readonly || (!log && tables.has.readonlyMem && tables.readOnlyTables),
  );
  const trackings = DIRTY_TRACKINGS.filter((tracking) => tables.trackings.includes(tracking));
  return ptFlags.flatMap((pt) =>
    dataFlags.flatMap((data) => {
      const modes = pt.log || data.log ? trackings : trackings.slice(0, 1);
      return modes.map((dirtyTracking) => ({ dirtyTracking, pt, data }));
    }),
  );
}

type Paging = Pick<X86Config, 'initial'> | Pick<ArmConfig, 'granule' | 'ha' | 'hd' | 'initial'>;

/** Everything set, and everything clear that a walk sets. */
const X86_PAGING: readonly Paging[] = [true, false].map((on) => ({
  initial: { pteA: on, pdeA: on, pdpteA: on, pteD: on },
}));

/** Who sets the access flag and whether it is set, and entries that the processor may make writable. */
function armPaging({ has }: Tables): Paging[] {
  const initials = [
    { ha: false, hd: false, initial: { af: true, dbm: false, writable: true } },
    { ha: false, hd: false, initial: { af: false, dbm: false, writable: true } },
    { ha: true, hd: false, initial: { af: true, dbm: false, writable: true } },
    { ha: true, hd: false, initial: { af: false, dbm: false, writable: true } },
    { ha: true, hd: true, initial: { af: true, dbm: true, writable: false } },
    { ha: true, hd: true, initial: { af: false, dbm: true, writable: false } },
  ].filter(({ ha, hd }) => (!ha || has.hardwareAccessFlag) && (!hd || has.hardwareDirty));
  const there = { '4k': has.granule4k, '16k': has.granule16k, '64k': has.granule64k };
  const granules = GRANULES.filter((granule) => there[granule]);
  return granules.flatMap((granule) => initials.map((initial) => ({ granule, ...initial })));
}

/** Larger granules change the walk, and not what memory does: they are tried without userfaultfd alone. */
function isUsual(paging: Paging): boolean {
  return !('granule' in paging) || paging.granule === '4k';
}

/** All configurations of a sweep, in a stable order; neighbours differ little, so that virtual machines are used again. */
export function sweptConfigs(arch: 'x86_64' | 'aarch64', { tables }: Recipe): readonly Stage2Config[] {
  const pagings = arch === 'aarch64' ? armPaging(tables) : X86_PAGING;
  return memories(tables).flatMap(({ backing, uffd }) =>
    slots(tables).flatMap(({ dirtyTracking, pt, data }) =>
      pagings
        .filter((paging) => uffd === null || isUsual(paging))
        .flatMap((paging) =>
          PRIVILEGES.map((privilege) => {
            const unit = 'granule' in paging ? GRANULE_PAGES[paging.granule] : 1;
            return {
              privilege,
              vcpus: 1,
              dirtyTracking,
              ...paging,
              pt: { backing: 'anon', flags: pt, uffd: null },
              data: { backing, flags: data, uffd, pages: 2 * unit, offsetPages: 0 },
              data2: null,
              none: { pages: unit, reads: ['0x123456789abcdef0'] },
            };
          }),
        ),
    ),
  );
}

/** What {@link sweptConfigs} multiplies. */
export function sweptAxes(arch: 'x86_64' | 'aarch64', { tables }: Recipe): readonly string[] {
  const pagings = arch === 'aarch64' ? armPaging(tables) : X86_PAGING;
  return [
    `${memories(tables).length} kinds of memory with userfaultfd modes`,
    `${slots(tables).length} flags of the slots with dirty tracking`,
    `${pagings.length} states of the page tables`,
    `${PRIVILEGES.length} privileges`,
  ];
}
