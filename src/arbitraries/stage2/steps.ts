import { BACKING_INFO } from '../../scenario/stage2/backing.js';
import { FETCH_STUB_OFFSET, PAGE_SIZE } from '../../scenario/stage2/layout.js';
import type { DirtyLog, Hole, Host, Memslot, Pte, SlotRegion, UffdStep } from '../../scenario/stage2.js';
import { pickSlotFlags, pickUffd } from './config.js';
import { bag } from './dice.js';
import { pickPage, pickPages, pickVcpu, regionOf, type Draft } from './draft.js';
import { pickValue } from './values.js';

const MEMSLOT_ACTIONS = bag<Memslot['action']>(
  ['log', 32],
  ['replace', 28],
  ['delete', 14],
  ['create', 8],
  ['move', 18],
);
const PROTECTIONS = bag<'none' | 'read' | 'read_write'>(['none', 40], ['read', 45], ['read_write', 15]);
const WORD_BYTES = 8;

/** The host drops the page, and sometimes its neighbours. */
export function holeAt(draft: Draft, region: SlotRegion, page: number): Hole {
  const { holes } = BACKING_INFO[regionOf(draft.config, region).backing];
  const how = holes[draft.dice.below(holes.length)] ?? 'dontneed';
  return { kind: 'hole', region, page, pages: pickPages(draft, region, page), how };
}

/** An edit of the entry that maps the page. */
export function pteAt(draft: Draft, region: Pte['region'], page: number): Pte {
  const { dice, tables, config } = draft;
  const level = dice.pick(tables.pte.levels);
  const flag = dice.pick(level === tables.pte.leaf ? tables.pte.leafFlags : tables.pte.tableFlags);
  const by = dice.percent(20) ? 'host' : 'guest';
  const stale = by === 'host' && tables.hostEditsAreStale[config.privilege];
  return {
    kind: 'pte',
    region,
    page,
    level,
    flag,
    set: dice.percent(30),
    by,
    vcpu: by === 'host' ? 0 : pickVcpu(draft),
    flush: !dice.percent(stale ? 2 : 12),
  };
}

/** A change of the slot; page tables are only logged and replaced. */
export function memslotOf(draft: Draft, region: SlotRegion): Memslot {
  const { dice, tables } = draft;
  const action = dice.pick(MEMSLOT_ACTIONS);
  if (action === 'log') return { kind: 'memslot', region, action, on: dice.percent(65) };
  if (region === 'pt') {
    const flags = pickSlotFlags(dice, tables, 50, tables.readOnlyTables ? 8 : 0);
    return { kind: 'memslot', region, action: 'replace', flags };
  }
  switch (action) {
    case 'replace':
    case 'create':
      return { kind: 'memslot', region, action, flags: pickSlotFlags(dice, tables, 50, 35) };
    case 'delete':
      return { kind: 'memslot', region, action };
    case 'move':
      return { kind: 'memslot', region, action, to: dice.percent(70) ? 'away' : 'home' };
  }
}

/** Reads what is dirty in the slot, or with a ring in all of them. */
export function readDirty({ config }: Draft, region: SlotRegion): DirtyLog {
  if (config.dirtyTracking === 'ring') return { kind: 'dirtyLog', action: 'harvest' };
  return { kind: 'dirtyLog', action: 'get', region };
}

/** Makes what was read dirty-able again, or undefined when reading does that already. */
export function clearDirty(draft: Draft, region: SlotRegion): DirtyLog | undefined {
  const { dice, config } = draft;
  if (config.dirtyTracking === 'bitmap') return undefined;
  if (config.dirtyTracking === 'ring') return { kind: 'dirtyLog', action: 'reset' };
  const page = pickPage(draft, region);
  return {
    kind: 'dirtyLog',
    action: 'clear',
    region,
    page,
    pages: dice.percent(70) ? 1 : pickPages(draft, region, page),
  };
}

/** The host reads a word of the page. */
export function hostRead({ dice }: Draft, region: 'data' | 'data2', page: number): Host {
  const offset = dice.percent(50) ? 0 : dice.below(PAGE_SIZE / WORD_BYTES) * WORD_BYTES;
  return { kind: 'host', action: 'read', region, page, offset };
}

/** The host writes a word of the page. */
export function hostWrite({ dice }: Draft, region: 'data' | 'data2', page: number): Host {
  const picked = dice.percent(50) ? 0 : dice.below(PAGE_SIZE / WORD_BYTES) * WORD_BYTES;
  const offset = picked === FETCH_STUB_OFFSET ? 0 : picked;
  return { kind: 'host', action: 'write', region, page, offset, value: pickValue(dice) };
}

/** The host protects the page, and sometimes its neighbours, from itself and so from the guest. */
export function hostProtect(draft: Draft, region: 'data' | 'data2', page: number): Host {
  const pages = pickPages(draft, region, page);
  return { kind: 'host', action: 'mprotect', region, page, pages, prot: draft.dice.pick(PROTECTIONS) };
}

/** Any change of the region's userfaultfd registration that makes sense; undefined when the machine has none for it. */
export function uffdStep(draft: Draft, region: SlotRegion, page: number): UffdStep | undefined {
  const { dice, tables, config } = draft;
  const { backing, uffd } = regionOf(config, region);
  const registered = uffd !== null;
  const choice = dice.below(100);
  if (registered ? choice < 55 && uffd.wp : choice < 6) {
    const action = dice.percent(65) ? 'protect' : 'unprotect';
    return { kind: 'uffd', action, region, page, pages: pickPages(draft, region, page) };
  }
  if (choice < (registered ? 70 : 12)) return { kind: 'uffd', action: 'unregister', region };
  const next = pickUffd(dice, tables, backing);
  if (next === null) return undefined;
  return { kind: 'uffd', action: registered && choice < 85 ? 'answers' : 'register', region, uffd: next };
}
