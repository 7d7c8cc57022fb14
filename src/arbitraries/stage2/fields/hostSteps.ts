import type { Pin } from '../../fields.js';
import type { SlotRegion, Stage2Config, Step } from '../../../scenario/stage2.js';
import { pickDataRegion, pickPage, pickPages, regionOf, type Draft, type Motif } from '../draft.js';
import { holeAt, hostProtect, hostRead, hostWrite, pteAt } from '../steps.js';
import { pickSlotFlags, pickUffd } from '../config.js';

/** A kind of step that is no access. */
interface HostStep {
  readonly name: string;
  /** Appends one, if the machine and the configuration have it. */
  readonly motif: Motif;
  readonly needs?: (config: Stage2Config) => Pin | undefined;
}

type At = (draft: Draft, region: 'data' | 'data2', page: number) => Step | undefined;

function at(make: At): Motif {
  return (draft) => {
    const region = pickDataRegion(draft);
    const step = make(draft, region, pickPage(draft, region));
    if (step !== undefined) draft.steps.push(step);
  };
}

function bitmap({ dirtyTracking }: Stage2Config): Pin | undefined {
  return dirtyTracking === 'ring' ? ['dirty tracking', 'bitmap'] : undefined;
}

function manualBitmap({ dirtyTracking }: Stage2Config): Pin | undefined {
  return dirtyTracking === 'ring' || dirtyTracking === 'bitmap' ? ['dirty tracking', 'bitmap_manual'] : undefined;
}

function ring({ dirtyTracking }: Stage2Config): Pin | undefined {
  return dirtyTracking === 'ring' ? undefined : ['dirty tracking', 'ring'];
}

function pte(by: 'guest' | 'host'): Motif {
  return at((draft, region, page) => ({ ...pteAt(draft, region, page), by, ...(by === 'host' && { vcpu: 0 }) }));
}

/** A registration, or new answers for one, of the region or, where its memory has none, of the page tables. */
function registration(action: 'register' | 'answers'): Motif {
  return at((draft, data) => {
    for (const region of [data, 'pt'] satisfies SlotRegion[]) {
      const uffd = pickUffd(draft.dice, draft.tables, regionOf(draft.config, region).backing);
      if (uffd !== null) return { kind: 'uffd', action, region, uffd };
    }
    return undefined;
  });
}

function protection(action: 'protect' | 'unprotect'): Motif {
  return at((draft, region, page) => {
    return { kind: 'uffd', action, region, page, pages: pickPages(draft, region, page) };
  });
}

/** The kinds of steps that are no accesses. */
export const HOST_STEPS: readonly HostStep[] = [
  { name: 'hole', motif: at(holeAt) },
  { name: 'table hole', motif: (draft) => draft.steps.push(holeAt(draft, 'pt', pickPage(draft, 'pt'))) },
  { name: 'pte by guest', motif: pte('guest') },
  { name: 'pte by host', motif: pte('host') },
  {
    name: 'memslot log',
    motif: at(({ dice }, region) => ({ kind: 'memslot', region, action: 'log', on: dice.percent(65) })),
  },
  {
    name: 'memslot replace',
    motif: at(({ dice, tables }, region) => {
      return { kind: 'memslot', region, action: 'replace', flags: pickSlotFlags(dice, tables, 50, 35) };
    }),
  },
  {
    name: 'memslot create',
    motif: at(({ dice, tables }, region) => {
      return { kind: 'memslot', region, action: 'create', flags: pickSlotFlags(dice, tables, 50, 35) };
    }),
  },
  { name: 'memslot delete', motif: at((_, region) => ({ kind: 'memslot', region, action: 'delete' })) },
  {
    name: 'memslot move',
    motif: at(({ dice }, region) => {
      return { kind: 'memslot', region, action: 'move', to: dice.percent(70) ? 'away' : 'home' };
    }),
  },
  { name: 'dirty get', motif: at((_, region) => ({ kind: 'dirtyLog', action: 'get', region })), needs: bitmap },
  {
    name: 'dirty clear',
    motif: at((draft, region, page) => {
      return { kind: 'dirtyLog', action: 'clear', region, page, pages: pickPages(draft, region, page) };
    }),
    needs: manualBitmap,
  },
  { name: 'ring harvest', motif: at(() => ({ kind: 'dirtyLog', action: 'harvest' })), needs: ring },
  { name: 'ring reset', motif: at(() => ({ kind: 'dirtyLog', action: 'reset' })), needs: ring },
  { name: 'host read', motif: at(hostRead) },
  { name: 'host write', motif: at(hostWrite) },
  { name: 'host mprotect', motif: at(hostProtect) },
  { name: 'host fork', motif: at(() => ({ kind: 'host', action: 'fork' })) },
  { name: 'host release', motif: at(() => ({ kind: 'host', action: 'release' })) },
  { name: 'uffd register', motif: registration('register') },
  { name: 'uffd unregister', motif: at((_, region) => ({ kind: 'uffd', action: 'unregister', region })) },
  { name: 'uffd protect', motif: protection('protect') },
  { name: 'uffd unprotect', motif: protection('unprotect') },
  { name: 'uffd answers', motif: registration('answers') },
];

const BITS: ReadonlyMap<string, number> = new Map(HOST_STEPS.map(({ name }, place) => [name, 1 << place]));

function bit(name: string): number {
  return BITS.get(name) ?? 0;
}

const HOLE = bit('hole');
const TABLE_HOLE = bit('table hole');
const PTE = { guest: bit('pte by guest'), host: bit('pte by host') };
const BY_ACTION: Readonly<Record<'memslot' | 'dirtyLog' | 'host' | 'uffd', Readonly<Record<string, number>>>> = {
  memslot: named('memslot', ['log', 'replace', 'create', 'delete', 'move']),
  dirtyLog: {
    get: bit('dirty get'),
    clear: bit('dirty clear'),
    harvest: bit('ring harvest'),
    reset: bit('ring reset'),
  },
  host: named('host', ['read', 'write', 'mprotect', 'fork', 'release']),
  uffd: named('uffd', ['register', 'unregister', 'protect', 'unprotect', 'answers']),
};

function named(kind: string, actions: readonly string[]): Record<string, number> {
  return Object.fromEntries(actions.map((action) => [action, bit(`${kind} ${action}`)]));
}

/** The bit of a step's kind; 0 for accesses. */
export function hostStepBit(step: Step): number {
  switch (step.kind) {
    case 'access':
    case 'race':
      return 0;
    case 'hole':
      return step.region === 'pt' ? TABLE_HOLE : HOLE;
    case 'pte':
      return PTE[step.by];
    default:
      return BY_ACTION[step.kind][step.action] ?? 0;
  }
}
