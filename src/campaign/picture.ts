/** What a mark stands for. A family chooses among these; a report draws each in its own way. */
export const MARK_KINDS = [
  /** The guest or the host reads, writes, reads and writes at once, or fetches an instruction. */
  'read',
  'write',
  'update',
  'fetch',
  /** A change of the machine: a memslot, an entry of a page table, a protection. */
  'change',
  'hole',
  /** A change of what userfaultfd watches. */
  'uffd',
  /** Dirty state is read or reset. */
  'log',
  /** Observed: a userfault message, a signal; a page that was reported dirty. */
  'message',
  'dirty',
  /** What broke a rule: expected and not seen, seen and not expected. */
  'absent',
  'surplus',
] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

export interface Mark {
  /** Index of the step. */
  readonly column: number;
  /** First lane, counted over all groups, and how many it covers (at least one). */
  readonly lane: number;
  readonly lanes: number;
  readonly kind: MarkKind;
  /** What is written into it: at most {@link MAX_MARK_LABEL} characters. */
  readonly label: string;
  /** The same in words, one line. */
  readonly words: string;
}
export const MAX_MARK_LABEL = 6;

/** Lanes that belong together, such as the pages of a region. */
export interface LaneGroup {
  readonly name: string;
  /** What it is made of, in a few words. */
  readonly note: string;
  readonly lanes: readonly string[];
}

export interface PictureColumn {
  /** The number of a step, or `end`. */
  readonly name: string;
  /** The step in words, one line. */
  readonly words: string;
}

/** A scenario as steps against what they act on: plain data, for a report to draw. */
export interface Picture {
  readonly groups: readonly LaneGroup[];
  readonly columns: readonly PictureColumn[];
  readonly marks: readonly Mark[];
}
