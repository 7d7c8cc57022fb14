/** What the steps of a stage2 scenario act on: which pages, and how a picture shows it. */
import { isFetch, opInfo } from '../../scenario/stage2/ops.js';
import { PAGE_SIZE } from '../../scenario/stage2/layout.js';
import type { Access, DirtyLog, Host, Memslot, Pte, Step, UffdStep } from '../../scenario/stage2/steps.js';
import type { MarkKind } from '../picture.js';

/** What concerns no region: the ring, a child. */
export const MACHINE = 'machine';

export interface Acted {
  readonly region: string;
  /** First and last page; undefined for the whole region. */
  readonly pages: readonly [number, number] | undefined;
  readonly kind: MarkKind;
  readonly label: string;
}

/** The marks of a step, before anything is known of what came of it. */
export function actsOf(step: Step): readonly Acted[] {
  switch (step.kind) {
    case 'access':
      return accessed(step);
    case 'race':
      return [...accessed(step.a), ...accessed(step.b)];
    case 'hole':
      return [{ region: step.region, pages: range(step), kind: 'hole', label: 'hole' }];
    case 'pte':
      return [{ region: step.region, pages: [step.page, step.page], kind: 'change', label: entryLabel(step) }];
    case 'memslot':
      return [{ region: step.region, pages: undefined, kind: 'change', label: slotLabel(step) }];
    case 'dirtyLog':
      return [logged(step)];
    case 'host':
      return [hosted(step)];
    case 'uffd':
      return [watched(step)];
  }
}

function range({ page, pages }: { readonly page: number; readonly pages: number }): readonly [number, number] {
  return [page, page + pages - 1];
}

/** An access and, where the instruction has one, that of its second operand. */
function accessed(access: Access): Acted[] {
  const { reads, writes, peer } = opInfo(access.op);
  const bytes = access.width * access.count;
  const pagesFrom = (page: number, offset: number): readonly [number, number] => {
    const across = Math.floor((offset + bytes - 1) / PAGE_SIZE);
    return [page, page + across + access.sweep - 1];
  };
  const own = guestMark(access, reads, writes, isFetch(access.op));
  const acts = [{ region: access.region, pages: pagesFrom(access.page, access.offset), ...own }];
  if (peer === 'none' || access.peer.region === 'scratch') return acts;
  const { region, page, offset } = access.peer;
  const other = guestMark(access, peer === 'reads', peer === 'writes', false);
  return [...acts, { region, pages: pagesFrom(page, offset), ...other }];
}

function guestMark(
  access: Access,
  reads: boolean,
  writes: boolean,
  fetches: boolean,
): { kind: MarkKind; label: string } {
  if (fetches) return { kind: 'fetch', label: `X${access.vcpu}` };
  if (reads && writes) return { kind: 'update', label: `A${access.vcpu}` };
  if (writes) return { kind: 'write', label: `W${access.vcpu}` };
  return { kind: 'read', label: `${reads ? 'R' : 'T'}${access.vcpu}` };
}

const FLAG_LETTERS: Readonly<Record<Pte['flag'], string>> = {
  present: 'P',
  valid: 'V',
  writable: 'W',
  accessed: 'A',
  af: 'AF',
  dirty: 'D',
  dbm: 'DBM',
};

function entryLabel({ set, flag }: Pte): string {
  return `${set ? '+' : '−'}${FLAG_LETTERS[flag]}`;
}

function slotLabel(step: Memslot): string {
  switch (step.action) {
    case 'log':
      return step.on ? '+log' : '−log';
    case 'replace':
      return 'new';
    case 'delete':
      return 'delete';
    case 'create':
      return 'create';
    case 'move':
      return step.to;
  }
}

function logged(step: DirtyLog): Acted {
  if (step.action === 'get') return { region: step.region, pages: undefined, kind: 'log', label: 'get' };
  if (step.action === 'clear') return { region: step.region, pages: range(step), kind: 'log', label: 'clear' };
  return { region: MACHINE, pages: undefined, kind: 'log', label: step.action === 'harvest' ? 'ring' : 'reset' };
}

function hosted(step: Host): Acted {
  switch (step.action) {
    case 'read':
      return { region: step.region, pages: [step.page, step.page], kind: 'read', label: 'Rh' };
    case 'write':
      return { region: step.region, pages: [step.page, step.page], kind: 'write', label: 'Wh' };
    case 'mprotect':
      return {
        region: step.region,
        pages: range(step),
        kind: 'change',
        label: { none: '−RW', read: '−W', read_write: '+RW' }[step.prot],
      };
    case 'fork':
      return { region: MACHINE, pages: undefined, kind: 'change', label: 'fork' };
    case 'release':
      return { region: MACHINE, pages: undefined, kind: 'change', label: 'exit' };
  }
}

function watched(step: UffdStep): Acted {
  switch (step.action) {
    case 'register':
      return { region: step.region, pages: undefined, kind: 'uffd', label: '+uffd' };
    case 'unregister':
      return { region: step.region, pages: undefined, kind: 'uffd', label: '−uffd' };
    case 'protect':
      return { region: step.region, pages: range(step), kind: 'uffd', label: '+WP' };
    case 'unprotect':
      return { region: step.region, pages: range(step), kind: 'uffd', label: '−WP' };
    case 'answers':
      return { region: step.region, pages: undefined, kind: 'uffd', label: 'script' };
  }
}
