/** What of the fragments' variants one case needs. */
import type { Expected, ExpectedPage } from '../../model/expectation.js';
import type { Stage2Config, Uffd } from '../../scenario/stage2/config.js';
import { FETCH_STUB_OFFSET, PAGE_SIZE } from '../../scenario/stage2/layout.js';
import { isFetch, type Op } from '../../scenario/stage2/ops.js';
import type { Access, Step } from '../../scenario/stage2/steps.js';
import type { ExportRequest } from './request.js';

export interface Needs {
  readonly user: boolean;
  readonly vcpus: 1 | 2;
  readonly ring: boolean;
  /** Kinds of events that some way of some step predicts. */
  readonly kinds: ReadonlySet<Expected['kind']>;
  /** Some step may go several ways. */
  readonly ways: boolean;
  readonly anyUserfaults: boolean;
  readonly uffd: boolean;
  /** Registrations and scripts, those of the configuration first. */
  readonly scripts: readonly Uffd[];
  /** Messages may stay unanswered. */
  readonly withdraw: boolean;
  readonly mmio: boolean;
  readonly sigbus: boolean;
  /** Page tables may be absent when their entries are read. */
  readonly absentEntries: boolean;
  /** The guest jumps into data pages. */
  readonly fetch: boolean;
  /** The code in data pages shows. */
  readonly stub: boolean;
  /** Instructions that move registers which hold addresses, and loads of a vector register. */
  readonly moving: boolean;
  readonly vectorLoads: boolean;
  /** Bytes of the widest vector register that is used, or 0. */
  readonly vector: number;
  readonly mprotect: boolean;
  readonly fork: boolean;
  /** What the predicted pages may hold at the end. */
  readonly bases: ReadonlySet<ExpectedPage['bases'][number]>;
  /** Words of pages are predicted one by one. */
  readonly words: boolean;
}

/** Operations of an architecture that leave more behind than its general registers show. */
export interface OpTraits {
  /** They move registers that hold addresses, or the stack pointer. */
  readonly moving: ReadonlySet<Op>;
  readonly vectorLoads: ReadonlySet<Op>;
  readonly vectorStores: ReadonlySet<Op>;
}

/** Every access of the steps. */
export function accessesOf(steps: readonly Step[]): Access[] {
  return steps.flatMap((step) => (step.kind === 'access' ? [step] : step.kind === 'race' ? [step.a, step.b] : []));
}

function scriptsOf(config: Stage2Config, steps: readonly Step[]): Uffd[] {
  const initial = [config.pt, config.data, config.data2].flatMap((region) => region?.uffd ?? []);
  return [...initial, ...steps.flatMap((step) => (step.kind === 'uffd' && 'uffd' in step ? [step.uffd] : []))];
}

/** The operand, or a host's word, covers the code that fetches run. */
function touchesStub({ offset, width, count }: { offset: number; width: number; count: number }): boolean {
  const start = offset % PAGE_SIZE;
  const end = start + width * count;
  const hits = (page: number): boolean => start < page + FETCH_STUB_OFFSET + 8 && end > page + FETCH_STUB_OFFSET;
  return hits(0) || hits(PAGE_SIZE);
}

function showsStub(steps: readonly Step[], accesses: readonly Access[]): boolean {
  const words = steps.flatMap((step) =>
    step.kind === 'host' && 'offset' in step ? [{ offset: step.offset, width: 8, count: 1 }] : [],
  );
  const peers = accesses.flatMap(({ peer, width, count }) =>
    peer.region === 'scratch' ? [] : [{ offset: peer.offset, width, count }],
  );
  return [...words, ...peers, ...accesses].some(touchesStub);
}

function usesVector(op: Op, { vectorLoads, vectorStores }: OpTraits): boolean {
  return vectorLoads.has(op) || vectorStores.has(op);
}

export function needsOf({ scenario, expectation }: ExportRequest, ops: OpTraits): Needs {
  const { config, steps } = scenario;
  const predicted = [...expectation.steps, expectation.end];
  const outcomes = predicted.flatMap((step) => step.outcomes);
  const kinds = new Set(outcomes.flatMap(({ events }) => events.map(({ kind }) => kind)));
  const accesses = accessesOf(steps);
  const scripts = scriptsOf(config, steps);
  const lost = predicted.some(({ outcomes }) => outcomes.length === 0);
  const fetch = accesses.some(({ op }) => isFetch(op));
  return {
    user: config.privilege === 'user',
    vcpus: config.vcpus,
    ring: config.dirtyTracking === 'ring',
    kinds,
    ways: predicted.some((step) => step.outcomes.length > 1),
    anyUserfaults: outcomes.some(({ anyUserfaults }) => anyUserfaults),
    uffd: scripts.length > 0,
    scripts,
    withdraw: scripts.length > 0 && (kinds.has('withdrawn') || lost),
    mmio: kinds.has('mmio') || lost,
    sigbus: kinds.has('sigbus') || lost,
    absentEntries: kinds.has('ptes') && steps.some((step) => step.kind === 'hole' && step.region === 'pt'),
    fetch,
    moving: accesses.some(({ op }) => ops.moving.has(op)),
    vectorLoads: accesses.some(({ op }) => ops.vectorLoads.has(op)),
    stub: fetch || showsStub(steps, accesses),
    vector: Math.max(0, ...accesses.filter(({ op }) => usesVector(op, ops)).map(({ width }) => width)),
    mprotect: steps.some((step) => step.kind === 'host' && step.action === 'mprotect'),
    fork: steps.some((step) => step.kind === 'host' && step.action === 'fork'),
    bases: new Set(expectation.pages.flatMap(({ bases }) => bases)),
    words: expectation.pages.some(({ words }) => words.size > 0),
  };
}
