import type { Backing, SlotFlags, Stage2Config, Uffd } from '../../scenario/stage2/config.js';
import { GPA, PAGE_SIZE, PAGES_PER_HUGE_PAGE, PT_PAGES } from '../../scenario/stage2/layout.js';
import type { SlotRegion } from '../../scenario/stage2/steps.js';
import { PageContent } from './content.js';
import { fillOf } from './fills.js';

/** `no`, `may` or `must` be reported dirty. */
export type Dirty = 'no' | 'may' | 'must';

/**
 * Where a unit of backing memory stands: mapped in the host, only in the page cache (shared memory whose mapping was dropped),
 * one of these two, or without content.
 */
export type Presence = 'mapped' | 'cached' | 'cached_or_mapped' | 'hole';

/** One page of the host's backing: 4 KiB, or a huge page. */
export interface Unit {
  presence: Presence;
  /** Write-protected by userfaultfd; `maybe` after the page was dropped from shared memory. */
  wp: 'no' | 'yes' | 'maybe';
  poisoned: boolean;
}

/** Dirty state of one page of a slot. */
export interface PageDirt {
  state: Dirty;
  rule: string;
  /** Dirty ring: the page may be written without a new entry. `never`: it is not tracked any more, which no kernel does. */
  open: 'no' | 'may' | 'yes' | 'never';
  /** Dirty ring: collected, not yet reset. */
  harvested: boolean;
}

export interface Slot {
  exists: boolean;
  flags: SlotFlags;
  away: boolean;
  /** Dirty state of the pages that something marked. */
  dirt: Map<number, PageDirt>;
  /** KVM_DIRTY_LOG_INITIALLY_SET and nothing cleared yet: every page not in `dirt` is dirty. */
  allDirty: boolean;
}

type Prot = 'none' | 'read' | 'read_write';

/** A region with a memslot. */
export interface RegionState {
  readonly name: SlotRegion;
  readonly backing: Backing;
  /** Mapped pages; of `pt` all. */
  readonly pages: number;
  readonly slotPages: number;
  /** First page's distance from the 2 MiB aligned base, in pages. */
  readonly first: number;
  readonly huge: boolean;
  readonly shared: boolean;
  readonly slot: Slot;
  /** Modes in force, and the script. */
  uffd: Uffd | undefined;
  /** The last registration asked for WP; without, the driver does not try to protect. */
  wpAsked: boolean;
  /** By unit; absent is mapped, not protected. */
  readonly units: Map<number, Unit>;
  readonly content: Map<number, PageContent>;
  readonly fill: (page: number) => PageContent;
  /** By page; absent is read_write. */
  readonly prot: Map<number, Prot>;
}

/** What KVM or the CPU may have cached of the translations of one page (native execution only). Times are ticks. */
export interface CachedPage {
  /** When the host's change of the page's own mapping made KVM drop its translation. */
  droppedAt: number;
  /** When the guest flushed it. */
  flushedAt: number;
  /** When the guest last took rights away in its leaf. */
  editedAt: number;
  /** A or D were cleared without a flush. */
  openBits: boolean;
}

/** Bounds of how many entries a ring holds. */
class RingFill {
  least = 0;
  most = 0;
}

/** The abstract machine: what the interpreter of the scenario changes. */
export class Machine {
  readonly regions: Record<SlotRegion, RegionState | undefined>;
  /** By `region:page`. */
  readonly cached = new Map<string, CachedPage>();
  /** Pages of `pt`: when the host changed them, which shadow paging does not see and no flush of the guest mends. */
  readonly hostChangedAt = new Map<number, number>();
  /** Pages of `pt` above the leaves: when the guest last edited them. */
  readonly guestEditedAt = new Map<number, number>();
  /** When KVM last dropped all translations, and when the guest last flushed all. */
  allDroppedAt = -1;
  allFlushedAt = -1;
  tick = 0;
  mmioReads = 0;
  forked = false;
  /** The page of the `scratch` operand: zeroes at the start. */
  scratch = new PageContent(() => 0n);
  /** An outcome was open: nothing more is predicted. */
  lost = false;
  /** Least and most entries in each vCPU's dirty ring that are not reset. */
  readonly ring: readonly [RingFill, RingFill] = [new RingFill(), new RingFill()];
  /** How many of these were collected and can be reset. */
  private readonly collected: readonly [RingFill, RingFill] = [new RingFill(), new RingFill()];

  constructor(readonly config: Stage2Config) {
    const region = (name: SlotRegion): RegionState | undefined => {
      const source = config[name];
      if (source === null) return undefined;
      const pages = 'pages' in source ? source.pages : PT_PAGES;
      const huge = source.backing === 'hugetlb' || source.backing === 'hugetlb_shared';
      const rounded = huge || source.backing === 'anon_thp';
      const slotPages = rounded ? Math.ceil(pages / PAGES_PER_HUGE_PAGE) * PAGES_PER_HUGE_PAGE : pages;
      return {
        name,
        backing: source.backing,
        pages,
        slotPages,
        first: 'offsetPages' in source ? source.offsetPages : 0,
        huge,
        shared: source.backing === 'shmem' || source.backing === 'memfd' || source.backing === 'hugetlb_shared',
        slot: {
          exists: true,
          flags: source.flags,
          away: false,
          dirt: new Map(),
          allDirty: config.dirtyTracking === 'bitmap_manual_init_set' && source.flags.log,
        },
        uffd: source.uffd ?? undefined,
        wpAsked: source.uffd?.wp === true,
        units: new Map(),
        content: new Map(),
        fill: (page) => new PageContent(fillOf(config, name, page)),
        prot: new Map(),
      };
    };
    this.regions = { pt: region('pt'), data: region('data'), data2: region('data2') };
  }

  /** Userspace collected what is in the rings now. */
  collectRings(): void {
    for (const vcpu of [0, 1] as const) Object.assign(this.collected[vcpu], this.ring[vcpu]);
  }

  /** What was collected is free again. */
  resetRings(): void {
    for (const vcpu of [0, 1] as const) {
      const { least, most } = this.ring[vcpu];
      const freed = this.collected[vcpu];
      this.ring[vcpu].least = Math.max(0, least - freed.most);
      this.ring[vcpu].most = most - freed.least;
      Object.assign(freed, { least: 0, most: 0 });
    }
  }

  /** Takes over another machine's clocks and counters. */
  adoptCounters(other: Machine): void {
    this.allDroppedAt = other.allDroppedAt;
    this.allFlushedAt = other.allFlushedAt;
    this.tick = other.tick;
    this.mmioReads = other.mmioReads;
    this.forked = other.forked;
    this.lost = other.lost;
    this.scratch = other.scratch.clone();
    for (const vcpu of [0, 1] as const) Object.assign(this.collected[vcpu], other.collected[vcpu]);
  }

  /** A region that the scenario's constraints guarantee. */
  region(name: SlotRegion): RegionState {
    const region = this.regions[name];
    if (region === undefined) throw new Error(`HARNESS: the scenario has no region ${name}`);
    return region;
  }
}

/** The unit of backing memory that holds a page. */
export function unitIndex(region: RegionState, page: number): number {
  return region.huge ? Math.floor(page / PAGES_PER_HUGE_PAGE) : page;
}

/** First page of the unit that holds a page: what a userfault message names. */
export function unitPage(region: RegionState, page: number): number {
  return region.huge ? unitIndex(region, page) * PAGES_PER_HUGE_PAGE : page;
}

export function unitOf(region: RegionState, page: number): Unit {
  const index = unitIndex(region, page);
  let unit = region.units.get(index);
  if (unit === undefined) {
    unit = { presence: 'mapped', wp: 'no', poisoned: false };
    region.units.set(index, unit);
  }
  return unit;
}

export function contentOf(region: RegionState, page: number): PageContent {
  let content = region.content.get(page);
  if (content === undefined) {
    content = region.fill(page);
    region.content.set(page, content);
  }
  return content;
}

/** The pages whose content changes when the unit that holds `page` is refilled. */
export function pagesOfUnit(region: RegionState, page: number): number[] {
  if (!region.huge) return [page];
  const first = unitPage(region, page);
  const last = Math.min(first + PAGES_PER_HUGE_PAGE, region.pages);
  return Array.from({ length: last - first }, (_, i) => first + i);
}

/** Guest-physical address of a page where its slot is now. */
export function homeGpa(name: SlotRegion | 'none', index: number): number {
  return GPA[name] + index * PAGE_SIZE;
}

function cloneRegion(region: RegionState): RegionState {
  return {
    ...region,
    slot: { ...region.slot, dirt: new Map([...region.slot.dirt].map(([page, dirt]) => [page, { ...dirt }])) },
    units: new Map([...region.units].map(([index, unit]) => [index, { ...unit }])),
    content: new Map([...region.content].map(([page, content]) => [page, content.clone()])),
    prot: new Map(region.prot),
  };
}

/** A machine that can go another way. */
export function cloneMachine(machine: Machine): Machine {
  const copy = new Machine(machine.config);
  const regions: Record<SlotRegion, RegionState | undefined> = copy.regions;
  for (const name of ['pt', 'data', 'data2'] as const) {
    const region = machine.regions[name];
    regions[name] = region && cloneRegion(region);
  }
  for (const [key, cached] of machine.cached) copy.cached.set(key, { ...cached });
  for (const [page, tick] of machine.hostChangedAt) copy.hostChangedAt.set(page, tick);
  for (const [page, tick] of machine.guestEditedAt) copy.guestEditedAt.set(page, tick);
  for (const vcpu of [0, 1] as const) Object.assign(copy.ring[vcpu], machine.ring[vcpu]);
  copy.adoptCounters(machine);
  return copy;
}
