/** What of an observation the model does not leave open: the part that two executions of one scenario must have in common. */
import { END_STEP, type Observation, type Observed } from '../../src/driver/observation.js';
import type { DirtyPages, Expectation, Expected, Masked, Outcome } from '../../src/model/expectation.js';
import type { SlotRegion } from '../../src/scenario/stage2.js';

/** Observed events in plain words, and how many the model left open. */
export interface Settled {
  readonly events: readonly string[];
  readonly open: number;
}

type Of<K extends Observed['kind']> = Extract<Observed, { kind: K }>;

const ANY: Masked = { value: 0n, known: 0n };

function masked(value: bigint, by: Masked | undefined): string {
  const { known } = by ?? ANY;
  return `${(value & known).toString(16)}/${known.toString(16)}`;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString(16) : inner));
}

/** Hands out the predicted events of one kind in order. */
class Predicted {
  private readonly left: Expected[];

  constructor({ events }: Outcome) {
    this.left = [...events];
  }

  next<K extends Expected['kind']>(kind: K, vcpu?: Observed['vcpu']): Extract<Expected, { kind: K }> | undefined {
    const at = this.left.findIndex(
      (event) => event.kind === kind && (vcpu === undefined || !('vcpu' in event) || event.vcpu === vcpu),
    );
    const [found] = at < 0 ? [] : this.left.splice(at, 1);
    return found as Extract<Expected, { kind: K }> | undefined;
  }

  dirtyPages(region: SlotRegion): DirtyPages | undefined {
    for (const event of this.left) {
      if (event.kind === 'dirty' && event.region === region) return event.pages;
      if (event.kind === 'ring') return event.regions[region];
    }
    return undefined;
  }
}

function settleDone(event: Of<'done'>, predicted: Predicted): string {
  const by = predicted.next('done', event.vcpu);
  const flags = BigInt(event.rflags);
  return `done ${event.vcpu} ${masked(event.rax, by?.rax)} ${masked(event.rdx, by?.rdx)} ${masked(flags, by?.rflags)}`;
}

function settleEntries(event: Of<'ptes'>, predicted: Predicted): string {
  const by = predicted.next('ptes');
  const { pte, pde, pdpte } = event.entries;
  const word = (value: bigint | undefined, mask: Masked | undefined): string =>
    value === undefined ? 'absent' : masked(value, mask);
  return `ptes ${event.region} ${event.page} ${word(pte, by?.pte)} ${word(pde, by?.pde)} ${word(pdpte, by?.pdpte)}`;
}

/** Pages of a dirty word that the model does not only allow. */
function settleDirty(event: Of<'dirty_word'>, predicted: Predicted): string | undefined {
  const may = predicted.dirtyPages(event.region as SlotRegion)?.may;
  const pages: number[] = [];
  for (let page = event.index * 64, { bits } = event; bits !== 0n; page++, bits >>= 1n)
    if ((bits & 1n) !== 0n && may?.has(page) !== true) pages.push(page);
  return pages.length === 0 ? undefined : `dirty ${event.region} ${pages.join()}`;
}

/** An event without what the model leaves open; undefined when nothing is left of it. */
function settle(event: Observed, predicted: Predicted): string | undefined {
  switch (event.kind) {
    case 'done':
      return settleDone(event, predicted);
    case 'ptes':
      return settleEntries(event, predicted);
    case 'dirty_word':
      return settleDirty(event, predicted);
    case 'ring_entry': {
      const pages = predicted.dirtyPages(event.region as SlotRegion);
      return pages?.may.has(event.page) === true ? undefined : text({ ...event, step: undefined });
    }
    case 'mmio': {
      const by = predicted.next('mmio', event.vcpu);
      return `${text({ ...event, step: undefined, data: undefined })} ${masked(event.data, by?.data)}`;
    }
    case 'lanes': {
      const by = predicted.next('lanes', event.vcpu);
      return `lanes ${event.first} ${event.lanes.map((lane, i) => masked(lane, by?.lanes[i])).join(' ')}`;
    }
    case 'result': {
      const by = predicted.next('result');
      return `result ${event.errno} ${event.byDriver ? 1 : 0} ${masked(event.value, by?.value)}`;
    }
    default:
      return text({ ...event, step: undefined });
  }
}

function isOpen(outcome: Outcome | undefined, more: readonly Outcome[]): boolean {
  if (outcome === undefined || more.length > 0 || outcome.anyUserfaults) return true;
  return outcome.events.some(
    (event) => ('optional' in event && event.optional) || (event.kind === 'done' && event.mayFillRing),
  );
}

function settleStep(outcomes: readonly Outcome[], events: readonly Observed[]): Settled {
  const [outcome, ...more] = outcomes;
  if (outcome === undefined || isOpen(outcome, more)) return { events: [], open: events.length };
  const predicted = new Predicted(outcome);
  const settled = events.flatMap((event) => settle(event, predicted) ?? []);
  return { events: settled, open: events.length - settled.length };
}

/** Pages whose content the model knows for certain. */
function settlePages(expectation: Expectation, events: readonly Observed[]): Settled {
  const open = new Set<string>();
  for (const { region, page, bases, words } of expectation.pages) {
    const known = [...words.values()].every((one) => one.known === 0xffffffffffffffffn);
    if (bases.length > 1 || !known) open.add(`${region}:${page}`);
  }
  const kept = events.flatMap((event) => {
    if (event.kind !== 'page' && event.kind !== 'page_word') return [];
    return expectation.openPages || open.has(`${event.region}:${event.page}`) ? [] : text(event);
  });
  return { events: kept, open: events.length - kept.length };
}

/** The events that every execution of the scenario must show alike. */
export function settled(expectation: Expectation, { status, detail, events }: Observation): Settled {
  const isPage = ({ kind }: Observed): boolean => kind === 'page' || kind === 'page_word';
  const parts = expectation.steps.map(({ outcomes }, step) =>
    settleStep(
      outcomes,
      events.filter((event) => event.step === step),
    ),
  );
  const last = events.filter((event) => event.step === END_STEP);
  parts.push(
    settleStep(
      expectation.end.outcomes,
      last.filter((event) => !isPage(event)),
    ),
    settlePages(expectation, last.filter(isPage)),
  );
  return {
    events: [`${status} ${detail}`, ...parts.flatMap((part, step) => part.events.map((event) => `${step}: ${event}`))],
    open: parts.reduce((sum, part) => sum + part.open, 0),
  };
}
