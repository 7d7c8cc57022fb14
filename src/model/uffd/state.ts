import type { UffdFeature } from '../../scenario/uffd/features.js';
import { IOCTLS } from '../../scenario/uffd/ioctls.js';
import { MEMORY, pageBytes } from '../../scenario/uffd/memory.js';
import type { UffdProfile } from '../../scenario/uffd/profile.js';
import type { UffdConfig } from '../../scenario/uffd.js';
import { Content, zeroes } from './content.js';
import type { ThreadId, UffdExpected } from './expectation.js';
import type { Touch } from './touch.js';
import { R, type BookRule, type Docket } from './rules/index.js';

const { missing: MISSING, wp: WP, minor: MINOR } = IOCTLS.register.modes;

/** The page of a file behind one of the memory, which other processes may map, too. */
export interface FilePage {
  content: Content | undefined;
}

/**
 * A page of the memory under test. `marker`: nothing but the mark of a write protection. `zero`: the page of zeroes that all
 * share.
 */
export class Page {
  pte: 'none' | 'marker' | 'poison' | 'zero' | 'page' = 'none';
  /** The entry is write-protected by the userfaultfd. */
  wp = false;
  /** Modes that the page is registered for, as bits; 0 if it is not registered. */
  modes = 0;
  /** A page of this mapping alone: of anonymous or of private memory. */
  own: Content | undefined;
  /** It may have been taken out: swapped if it is this mapping's own, unmapped if it is the file's. */
  unsure = false;
  /** The file's page may have been taken out of the page cache, too. */
  cacheUnsure = false;
  /** It goes when memory is short. */
  lazy = false;

  constructor(readonly file: FilePage = { content: undefined }) {}

  /** What the page of the file behind it holds. */
  get cache(): Content | undefined {
    return this.file.content;
  }

  set cache(content: Content | undefined) {
    this.file.content = content;
  }

  get missing(): boolean {
    return (this.modes & MISSING) !== 0;
  }

  get forWp(): boolean {
    return (this.modes & WP) !== 0;
  }

  get forMinor(): boolean {
    return (this.modes & MINOR) !== 0;
  }

  /** Something is mapped here. */
  get mapped(): boolean {
    return this.pte === 'page' || this.pte === 'zero';
  }

  /** What a read finds; nothing is there where it is undefined. */
  get content(): Content | undefined {
    if (this.pte === 'zero') return undefined;
    return this.pte === 'page' ? (this.own ?? this.cache) : this.cache;
  }

  clear(): void {
    this.pte = 'none';
    this.wp = false;
    this.own = undefined;
    this.unsure = false;
    this.lazy = false;
  }
}

/** What the processes of one scenario add to together. */
interface Log {
  /** Of the step, up to now. */
  events: UffdExpected[];
  /** The rule that left all that follows open. */
  lost: BookRule | undefined;
}

/** A call that waits for its event. */
export interface Held {
  readonly thread: number;
  /** Pages that it has let go, and whose old translations processors may still use. */
  readonly gone: ReadonlySet<number>;
  readonly resume: () => void;
}

/** A process that the interpreter works on: its pages, its threads that wait, and the step's events up to now. */
export class Run {
  /** Pages before which a mapping of hugetlb was split: such mappings never join again. */
  readonly seams = new Set<number>();
  /** Pages before which a mapping was split when the process was forked. */
  readonly forkSeams = new Set<number>();
  /** The last child that was forked, dead or alive. */
  child: Child | undefined;
  readonly waiting = new Map<ThreadId, Touch>();
  /** The call that waits until its event is read, after the step in progress. */
  held: Held | undefined;
  /** An event of the step in progress may be kept until the next. */
  mayHold = false;
  readonly pageBytes: number;
  readonly memory: (typeof MEMORY)[keyof typeof MEMORY];

  constructor(
    readonly config: UffdConfig,
    readonly profile: UffdProfile,
    readonly docket: Docket,
    readonly pages = config.content.map((_, number) => initialPage(config, number)),
    readonly log: Log = { events: [], lost: undefined },
  ) {
    this.memory = MEMORY[config.memory];
    this.pageBytes = pageBytes(config.memory);
  }

  get events(): UffdExpected[] {
    return this.log.events;
  }

  set events(events: UffdExpected[]) {
    this.log.events = events;
  }

  get lost(): BookRule | undefined {
    return this.log.lost;
  }

  asked(feature: UffdFeature): boolean {
    return this.config.features.includes(feature);
  }

  page(number: number): Page {
    const page = this.pages[number];
    if (page === undefined) throw new Error(`there is no page ${number}`);
    return page;
  }

  lose(rule: BookRule): void {
    this.log.lost ??= rule;
  }

  /** The result of a call whose field holds what the kernel likes. */
  refuse(rule: BookRule, errno: number): void {
    this.events.push({
      kind: 'result',
      rule: rule.id,
      errno,
      value: 0n,
      known: 0n,
      ioctls: 0n,
      valueRule: rule.id,
    });
  }

  /** The result of a call whose field the kernel fills in on its way out, and otherwise leaves alone. */
  result(rule: BookRule, errno: number, value: bigint | number, valueRule: BookRule = rule): void {
    this.events.push({
      kind: 'result',
      rule: rule.id,
      errno,
      value: BigInt(value),
      known: -1n,
      ioctls: 0n,
      valueRule: valueRule.id,
    });
  }
}

/** A forked process. */
export interface Child {
  readonly run: Run;
  /** A userfaultfd came with the message of the fork. */
  readonly hasDescriptor: boolean;
  alive: boolean;
}

function initialPage({ memory, content }: UffdConfig, number: number): Page {
  const page = new Page();
  const state = content[number];
  if (state === 'hole') return page;
  const initial = new Content({ tag: 'initial', page: number });
  if (state === 'mapped') page.pte = 'page';
  if (state === 'mapped' && !MEMORY[memory].shared) page.own = initial;
  else page.cache = initial;
  // A write through a private mapping of a file brings the file's page first.
  if (state === 'mapped' && memory === 'shmem_private') page.cache = zeroes();
  return page;
}

/** What the result field holds where the kernel left it alone. */
export const UNTOUCHED = 0x7777;

export { R };
