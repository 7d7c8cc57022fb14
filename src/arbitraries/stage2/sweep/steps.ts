import { archOf, ARM_TABLES } from '../../../scenario/stage2/arch.js';
import { BACKING_INFO } from '../../../scenario/stage2/backing.js';
import { accessProblem } from '../../../scenario/stage2/constraints.js';
import { FETCH_STUB_OFFSET, PAGE_SIZE, PT_PAGE } from '../../../scenario/stage2/layout.js';
import { isFetch, opInfo, type Op } from '../../../scenario/stage2/ops.js';
import type { Access, AccessRegion, Pte, Stage2Config, Step } from '../../../scenario/stage2.js';
import { ARM_PTE_LEVELS, X86_PTE_LEVELS } from '../../../scenario/stage2/steps.js';
import type { Tables } from '../tables.js';

const VALUE = '0x1122334455667788';

function accessOf(op: Op, region: AccessRegion, across: boolean): Access {
  const { widths } = opInfo(op);
  const width = (widths.includes(8) ? 8 : (widths.at(-1) ?? 1)) as Access['width'];
  return {
    kind: 'access',
    op,
    width,
    vcpu: 0,
    region,
    page: 0,
    offset: isFetch(op) ? FETCH_STUB_OFFSET : across ? PAGE_SIZE - (width >>> 1) : 0,
    value: VALUE,
    comparand: 'initial',
    count: 1,
    sweep: 1,
    peer: { region: 'scratch' },
  };
}

/** The memory is as plain as it can be: what does not depend on it is tried there alone. */
function isPlain({ data }: Stage2Config): boolean {
  return data.backing === 'anon' && data.uffd === null && !data.flags.log && !data.flags.readonly;
}

/** Every operation once: on the data, across its two pages, and on MMIO. */
export function sweptAccesses(config: Stage2Config, { ops }: Tables): readonly Access[] {
  const distinct = [...new Set(ops[config.privilege])];
  const inside = distinct.map((op) => accessOf(op, 'data', false));
  const wide = distinct.filter((op) => !isFetch(op) && opInfo(op).widths.some((width) => width > 1));
  const across = wide.map((op) => accessOf(op, 'data', true));
  const mmio = isPlain(config) ? distinct.map((op) => accessOf(op, 'none', false)) : [];
  return [...inside, ...across, ...mmio].filter((access) => accessProblem(access, config) === undefined);
}

/** What may have been dropped before: nothing, data in each way that the memory has, or the page with the leaf table. */
export function sweptHoles(config: Stage2Config): readonly (Step | undefined)[] {
  const { data } = config;
  const table = 'granule' in config ? ARM_TABLES[config.granule].l3.data : PT_PAGE.data;
  const { holes } = BACKING_INFO[data.backing];
  const dropped = holes.map((how): Step => ({ kind: 'hole', region: 'data', page: 0, pages: 1, how }));
  return [undefined, ...dropped, { kind: 'hole', region: 'pt', page: table, pages: 1, how: 'dontneed' }];
}

/** Reads what is dirty, where something is logged. */
export function readsOfDirty({ dirtyTracking, pt, data }: Stage2Config): readonly Step[] {
  if (!pt.flags.log && !data.flags.log) return [];
  if (dirtyTracking === 'ring') return [{ kind: 'dirtyLog', action: 'harvest' }];
  const get = (region: 'pt' | 'data'): Step => ({ kind: 'dirtyLog', action: 'get', region });
  return [...(pt.flags.log ? [get('pt')] : []), ...(data.flags.log ? [get('data')] : [])];
}

function edits(config: Stage2Config, { pte: { leaf, leafFlags, tableFlags } }: Tables): Pte[] {
  const levels = archOf(config) === 'aarch64' ? ARM_PTE_LEVELS : X86_PTE_LEVELS;
  return levels.flatMap((level) =>
    [...new Set(level === leaf ? leafFlags : tableFlags)].flatMap((flag) =>
      [true, false].flatMap((set) =>
        (['guest', 'host'] as const).map((by): Pte => ({
          kind: 'pte',
          region: 'data',
          page: 0,
          level,
          flag,
          set,
          by,
          vcpu: 0,
          flush: true,
        })),
      ),
    ),
  );
}

function memslots({ has }: Tables): Step[] {
  const flags = [true, false].flatMap((log) => [false, true].map((readonly) => ({ log, readonly })));
  const fitting = flags.filter(({ readonly }) => !readonly || has.readonlyMem);
  return [
    ...[true, false].map((on): Step => ({ kind: 'memslot', region: 'data', action: 'log', on })),
    ...fitting.map((to): Step => ({ kind: 'memslot', region: 'data', action: 'replace', flags: to })),
    { kind: 'memslot', region: 'data', action: 'delete' },
    { kind: 'memslot', region: 'data', action: 'move', to: 'away' },
  ];
}

function dirtySteps({ dirtyTracking }: Stage2Config): Step[] {
  if (dirtyTracking === 'ring')
    return [
      { kind: 'dirtyLog', action: 'harvest' },
      { kind: 'dirtyLog', action: 'reset' },
    ];
  const get: Step = { kind: 'dirtyLog', action: 'get', region: 'data' };
  if (dirtyTracking === 'bitmap') return [get];
  return [get, { kind: 'dirtyLog', action: 'clear', region: 'data', page: 0, pages: 1 }];
}

function hostSteps(): Step[] {
  const at = { kind: 'host', region: 'data', page: 0 } as const;
  return [
    { ...at, action: 'read', offset: 0 },
    { ...at, action: 'write', offset: 0, value: VALUE },
    ...(['none', 'read', 'read_write'] as const).map((prot): Step => ({ ...at, action: 'mprotect', pages: 1, prot })),
    { kind: 'host', action: 'fork' },
  ];
}

function uffdSteps({ data: { uffd } }: Stage2Config): Step[] {
  const at = { kind: 'uffd', region: 'data' } as const;
  if (uffd === null) return [];
  const protection = (['protect', 'unprotect'] as const).map((action): Step => ({ ...at, action, page: 0, pages: 1 }));
  return [{ ...at, action: 'unregister' }, ...(uffd.wp ? protection : [])];
}

/** Every step that the first or second one may be, once; the first page of the data is what all are about. */
export function sweptSteps(config: Stage2Config, tables: Tables): readonly Step[] {
  return [
    ...sweptAccesses(config, tables),
    ...sweptHoles(config).filter((hole) => hole !== undefined),
    ...edits(config, tables),
    ...memslots(tables),
    ...dirtySteps(config),
    ...hostSteps(),
    ...uffdSteps(config),
  ];
}
