import { PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { opInfo } from '../../../scenario/stage2/ops.js';
import type { Access, Peer, Step } from '../../../scenario/stage2.js';
import type { Plain } from '../plain.js';
import { simplerFlags, simplerUffd } from './config.js';

const WORD_BYTES = 8;
const SMALL_VALUES = ['0x0', '0x1'];

/** Smaller numbers to try instead of one: the least, the half, the next. */
export function smaller(value: number, least: number): number[] {
  if (value <= least) return [];
  const half = least + Math.floor((value - least) / 2);
  return [...new Set([least, half, value - 1])];
}

/** The start of the page, a word, or for an operand that straddles two pages half of it in each. */
function simplerOffsets(offset: number, bytes: number): number[] {
  const candidates = [0, offset & -WORD_BYTES];
  if (offset + bytes > PAGE_SIZE) candidates.push(PAGE_SIZE - (bytes >>> 1));
  return candidates.filter((candidate) => candidate !== offset);
}

/** A plain load or store in place of an operation of the same direction, without what only that operation has. */
function* simplerOps(access: Access, { load, store }: Plain): Generator<Access> {
  const info = opInfo(access.op);
  const bare = { ...access, comparand: 'initial', count: 1, peer: { region: 'scratch' } } as const;
  const width = access.width <= WORD_BYTES ? access.width : WORD_BYTES;
  const ops = info.writes ? [load, store] : [load];
  for (const op of ops) {
    if (op === access.op) continue;
    yield { ...bare, op, width: WORD_BYTES, offset: 0 };
    yield { ...bare, op, width };
    yield { ...bare, op, width, offset: access.offset & -WORD_BYTES };
  }
}

function* simplerPeers(peer: Peer, bytes: number): Generator<Peer> {
  if (peer.region === 'scratch') return;
  yield { region: 'scratch' };
  if (peer.region !== 'data') yield { ...peer, region: 'data' };
  for (const page of smaller(peer.page, 0)) yield { ...peer, page };
  for (const offset of simplerOffsets(peer.offset, bytes)) yield { ...peer, offset };
}

function* simplerAccesses(access: Access, plain: Plain): Generator<Access> {
  const bytes = access.width * access.count;
  yield* simplerOps(access, plain);
  for (const peer of simplerPeers(access.peer, bytes)) yield { ...access, peer };
  if (access.region !== 'data') yield { ...access, region: 'data' };
  if (access.vcpu === 1) yield { ...access, vcpu: 0 };
  for (const sweep of smaller(access.sweep, 1)) yield { ...access, sweep };
  for (const count of smaller(access.count, 1)) yield { ...access, count };
  for (const page of smaller(access.page, 0)) yield { ...access, page };
  for (const offset of simplerOffsets(access.offset, bytes)) yield { ...access, offset };
  if (access.width !== WORD_BYTES) {
    yield { ...access, width: WORD_BYTES };
    if (access.offset + bytes > PAGE_SIZE) yield { ...access, width: WORD_BYTES, offset: PAGE_SIZE - WORD_BYTES / 2 };
  }
  if (access.comparand !== 'initial') yield { ...access, comparand: 'initial' };
  for (const value of SMALL_VALUES) if (value !== access.value) yield { ...access, value };
}

function* simplerRanges<T extends { readonly page: number; readonly pages: number }>(step: T): Generator<T> {
  for (const pages of smaller(step.pages, 1)) yield { ...step, pages };
  // The other end of the range.
  for (const pages of smaller(step.pages, 1)) yield { ...step, page: step.page + step.pages - pages, pages };
  for (const page of smaller(step.page, 0)) yield { ...step, page };
}

function* simplerHost(step: Extract<Step, { kind: 'host' }>): Generator<Step> {
  if (step.action === 'fork' || step.action === 'release') return;
  if (step.region !== 'data') yield { ...step, region: 'data' };
  if (step.action === 'mprotect') {
    yield* simplerRanges(step);
    return;
  }
  for (const page of smaller(step.page, 0)) yield { ...step, page };
  for (const offset of simplerOffsets(step.offset, WORD_BYTES)) yield { ...step, offset };
  if (step.action !== 'write') return;
  for (const value of SMALL_VALUES) if (value !== step.value) yield { ...step, value };
}

function* simplerPte(step: Extract<Step, { kind: 'pte' }>, { leaf }: Plain): Generator<Step> {
  if (!step.flush) yield { ...step, flush: true };
  if (step.by === 'host') yield { ...step, by: 'guest' };
  if (step.vcpu === 1) yield { ...step, vcpu: 0 };
  if (step.level !== leaf) yield { ...step, level: leaf };
  if (step.region !== 'data') yield { ...step, region: 'data' };
  for (const page of smaller(step.page, 0)) yield { ...step, page };
}

/** What one step may be replaced by. Not all of it is valid or simpler; the caller checks both. */
export function* simplerSteps(step: Step, plain: Plain): Generator<readonly Step[]> {
  switch (step.kind) {
    case 'access':
      for (const simpler of simplerAccesses(step, plain)) yield [simpler];
      return;
    case 'race':
      yield [step.a, step.b];
      yield [step.b, step.a];
      for (const a of simplerAccesses(step.a, plain)) yield [{ ...step, a }];
      for (const b of simplerAccesses(step.b, plain)) yield [{ ...step, b }];
      return;
    case 'hole':
      if (step.region !== 'data') yield [{ ...step, region: 'data' }];
      if (step.how !== 'dontneed') yield [{ ...step, how: 'dontneed' }];
      for (const simpler of simplerRanges(step)) yield [simpler];
      return;
    case 'pte':
      for (const simpler of simplerPte(step, plain)) yield [simpler];
      return;
    case 'memslot':
      if (step.region !== 'data') yield [{ ...step, region: 'data' }];
      if ('flags' in step) for (const flags of simplerFlags(step.flags)) yield [{ ...step, flags }];
      return;
    case 'dirtyLog':
      if ('region' in step && step.region !== 'data') yield [{ ...step, region: 'data' }];
      if (step.action === 'clear') for (const simpler of simplerRanges(step)) yield [simpler];
      return;
    case 'host':
      for (const simpler of simplerHost(step)) yield [simpler];
      return;
    case 'uffd':
      if (step.region !== 'data') yield [{ ...step, region: 'data' }];
      if ('uffd' in step) for (const uffd of simplerUffd(step.uffd)) yield [{ ...step, uffd }];
      else if (step.action !== 'unregister') for (const simpler of simplerRanges(step)) yield [simpler];
  }
}
