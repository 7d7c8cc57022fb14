import type { Backing, DataRegion, PtRegion, SlotFlags, Stage2Config, Uffd } from '../../scenario/stage2/config.js';
import { ptPages } from '../../scenario/stage2/arch.js';
import { GPA, PAGE_SIZE, PAGES_PER_HUGE_PAGE } from '../../scenario/stage2/layout.js';
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

/** Memory whose mapping the host protected, by page; absent is read_write. */
type Protections = Map<number, Prot>;

const UNPROTECTED: ReadonlyMap<number, Prot> = new Map();

/** A region with a memslot. */
export class RegionState {
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
  readonly units = new Map<number, Unit>();
  readonly content = new Map<number, PageContent>();
  private protections: Protections | undefined;

  constructor(
    private readonly config: Stage2Config,
    readonly name: SlotRegion,
    source: PtRegion | DataRegion,
  ) {
    const { backing } = source;
    this.backing = backing;
    this.pages = 'pages' in source ? source.pages : ptPages(config);
    this.huge = backing === 'hugetlb' || backing === 'hugetlb_shared';
    const rounded = this.huge || backing === 'anon_thp';
    this.slotPages = rounded ? Math.ceil(this.pages / PAGES_PER_HUGE_PAGE) * PAGES_PER_HUGE_PAGE : this.pages;
    this.first = 'offsetPages' in source ? source.offsetPages : 0;
    this.shared = backing === 'shmem' || backing === 'memfd' || backing === 'hugetlb_shared';
    const allDirty = config.dirtyTracking === 'bitmap_manual_init_set' && source.flags.log;
    this.slot = { exists: true, flags: source.flags, away: false, dirt: new Map(), allDirty };
    this.uffd = source.uffd ?? undefined;
    this.wpAsked = source.uffd?.wp === true;
  }

  /** A page as it was at the start. */
  initialContent(page: number): PageContent {
    return new PageContent(fillOf(this.config, this.name, page));
  }

  get prot(): ReadonlyMap<number, Prot> {
    return this.protections ?? UNPROTECTED;
  }

  protect(page: number, prot: Prot): void {
    (this.protections ??= new Map()).set(page, prot);
  }

  /** Takes over the state of the same region of another machine. */
  adopt(other: RegionState): void {
    const { slot } = other;
    Object.assign(this.slot, slot, { dirt: new Map([...slot.dirt].map(([page, dirt]) => [page, { ...dirt }])) });
    this.uffd = other.uffd;
    this.wpAsked = other.wpAsked;
    for (const [index, unit] of other.units) this.units.set(index, { ...unit });
    for (const [page, content] of other.content) this.content.set(page, content.clone());
    this.protections = other.protections && new Map(other.protections);
  }
}

/** What KVM or the CPU may have cached of the translations of one page (native execution only). Times are ticks. */
export interface CachedPage {
  /** When the host changed the page's own mapping, and KVM dropped its translation. */
  droppedAt: number;
  /** When the guest flushed it. */
  flushedAt: number;
  /** When the guest last took rights away in its leaf. */
  editedAt: number;
  /** When the guest last changed bits there that a walk sets. */
  bitsClearedAt: number;
  /** When someone last set there what a write needs. */
  grantedAt: number;
}

/** Bounds of how many entries a ring holds. */
class RingFill {
  least = 0;
  most = 0;
}

/** The abstract machine: what the interpreter of the scenario changes. */
export class Machine {
  readonly regions: Record<SlotRegion, RegionState | undefined>;
  /** By region and page, see cached.ts. */
  readonly cached = new Map<number, CachedPage>();
  /** Pages of `pt`: when the host changed them, which shadow paging does not see and no flush of the guest mends. */
  readonly hostChangedAt = new Map<number, number>();
  /** Pages of `pt` above the leaves: when the guest last edited them. */
  readonly guestEditedAt = new Map<number, number>();
  /** Leaf tables of `pt`: when the guest last edited them. */
  readonly leafEditedAt = new Map<number, number>();
  /** When each vCPU last entered the guest. */
  readonly enteredAt: [number, number] = [-1, -1];
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
    const { pt, data, data2 } = config;
    this.regions = {
      pt: new RegionState(config, 'pt', pt),
      data: new RegionState(config, 'data', data),
      data2: data2 === null ? undefined : new RegionState(config, 'data2', data2),
    };
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
    content = region.initialContent(page);
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

/** A machine that can go another way. */
export function cloneMachine(machine: Machine): Machine {
  const copy = new Machine(machine.config);
  for (const name of ['pt', 'data', 'data2'] as const) {
    const region = machine.regions[name];
    if (region !== undefined) copy.regions[name]?.adopt(region);
  }
  for (const [key, cached] of machine.cached) copy.cached.set(key, { ...cached });
  for (const [page, tick] of machine.hostChangedAt) copy.hostChangedAt.set(page, tick);
  for (const [page, tick] of machine.guestEditedAt) copy.guestEditedAt.set(page, tick);
  for (const [page, tick] of machine.leafEditedAt) copy.leafEditedAt.set(page, tick);
  for (const vcpu of [0, 1] as const) {
    Object.assign(copy.ring[vcpu], machine.ring[vcpu]);
    copy.enteredAt[vcpu] = machine.enteredAt[vcpu];
  }
  copy.adoptCounters(machine);
  return copy;
}
