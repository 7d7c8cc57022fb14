import { archOf } from '../../scenario/stage2/arch.js';
import { accessProblem, hitsFetchStub } from '../../scenario/stage2/constraints.js';
import { FETCH_STUB_BYTES, FETCH_STUB_OFFSET, MAX_REP_COUNT, PAGE_SIZE } from '../../scenario/stage2/layout.js';
import { isCompare, isFetch, opInfo, type Op, type OpInfo } from '../../scenario/stage2/ops.js';
import type { Access, AccessRegion, Comparand, Peer, Race } from '../../scenario/stage2.js';
import { bag, type Dice } from './dice.js';
import { pagesOf, pickDataRegion, pickPage, pickVcpu, slotOf, type Draft } from './draft.js';
import { pickValue } from './values.js';

type Width = Access['width'];

const COMPARANDS = bag<Comparand>(['initial', 40], ['copy', 14], ['zero', 22], ['value', 24]);
const RACE_WIDTHS = bag<Width>([8, 4], [4, 2], [2, 1], [1, 1]);
const SCRATCH: Peer = { region: 'scratch' };
const MAX_OPERAND = MAX_REP_COUNT * 8;
const AFTER_STUB = FETCH_STUB_OFFSET + FETCH_STUB_BYTES;

const WIDTHS_OF = new Map<Op, readonly [Width, ...Width[]]>();

function widthsOf(op: Op, info: OpInfo): readonly [Width, ...Width[]] {
  let widths = WIDTHS_OF.get(op);
  if (widths === undefined) {
    widths = bag(...(info.widths as readonly Width[]).map((width) => [width, width === 8 ? 4 : 1] as const));
    WIDTHS_OF.set(op, widths);
  }
  return widths;
}

/** Offset in its page of an operand that stays in the page. */
function offsetInside(dice: Dice, bytes: number): number {
  const room = PAGE_SIZE - bytes;
  switch (dice.below(8)) {
    case 0:
    case 1:
    case 2:
      return 0;
    case 3:
      return room;
    case 4:
      return dice.below(room + 1);
    default:
      return dice.below((room >>> 4) + 1) << 4;
  }
}

/** Offset of an operand that begins in one page and ends in the next, behind the first page's fetch stub. */
function offsetAcross(dice: Dice, bytes: number): number {
  if (dice.percent(40)) return Math.max(PAGE_SIZE - (bytes >>> 1), AFTER_STUB);
  return dice.between(Math.max(PAGE_SIZE - bytes + 1, AFTER_STUB), PAGE_SIZE - 1);
}

/** @param aligned percent of the operands that are aligned. */
function pickOffset(dice: Dice, bytes: number, mayCross: boolean, aligned: number): number {
  if (mayCross && bytes > 1 && dice.percent(aligned > 0 ? 3 : 30)) return offsetAcross(dice, bytes);
  const offset = offsetInside(dice, bytes);
  return aligned > 0 && dice.percent(aligned) ? offset & -bytes : offset;
}

function pickRegion(draft: Draft): AccessRegion {
  return draft.dice.percent(11) ? 'none' : pickDataRegion(draft);
}

function pickOp({ dice, tables, config }: Draft, region: AccessRegion): Op {
  const { privilege } = config;
  const isEmulated = region === 'none' || slotOf(config, region).flags.readonly;
  return dice.pick(isEmulated && dice.percent(30) ? tables.hardToEmulate[privilege] : tables.ops[privilege]);
}

function pickPeer(draft: Draft, bytes: number): Peer {
  const { dice, config } = draft;
  if (dice.percent(45)) return SCRATCH;
  const region = pickRegion(draft);
  const page = pickPage(draft, region);
  return { region, page, offset: pickOffset(dice, bytes, page + 1 < pagesOf(config, region), 0) };
}

function pickSweep({ dice, tables, config }: Draft, region: AccessRegion, page: number): number {
  const rest = pagesOf(config, region) - page;
  if (rest === 1 || !dice.percent(4)) return 1;
  return dice.percent(80) ? Math.min(rest, dice.between(2, 4)) : Math.min(rest, tables.longestSweep);
}

/** An access of the operation, aimed at the page. */
export function accessOf(draft: Draft, op: Op, region: AccessRegion, page: number): Access {
  const { dice, config } = draft;
  const info = opInfo(op);
  const width = dice.pick(widthsOf(op, info));
  const count = info.rep ? (dice.once(16) ? dice.between(9, MAX_REP_COUNT) : dice.between(1, 8)) : 1;
  const bytes = width * count;
  const fetch = isFetch(op);
  const arch = archOf(config);
  // On aarch64 the scenario's rules leave no choice.
  const aligned = !info.aligned ? 0 : arch === 'aarch64' ? 100 : 85;
  const sweep = fetch ? 1 : pickSweep(draft, region, page);
  const mayCross = aligned < 100 && page + sweep < pagesOf(config, region);
  let offset = fetch ? FETCH_STUB_OFFSET : pickOffset(dice, bytes, mayCross, aligned);
  if (info.writes && hitsFetchStub(arch, region, offset, bytes)) offset &= MAX_OPERAND - 16;
  const access: Access = {
    kind: 'access',
    op,
    width,
    vcpu: pickVcpu(draft),
    region,
    page,
    offset,
    value: pickValue(dice),
    comparand: isCompare(op) ? dice.pick(COMPARANDS) : 'initial',
    count,
    sweep,
    peer: SCRATCH,
  };
  if (info.peer === 'none') return access;
  const withPeer = { ...access, peer: pickPeer(draft, bytes) };
  // The peer is the only thing that may not fit: it may overlap the operand or lie on the fetch stub.
  return accessProblem(withPeer, config) === undefined ? withPeer : access;
}

/** Any access to the page. */
export function pickAccessAt(draft: Draft, region: AccessRegion, page: number): Access {
  return accessOf(draft, pickOp(draft, region), region, page);
}

/** Any access at all. */
export function pickAccess(draft: Draft): Access {
  const region = pickRegion(draft);
  return pickAccessAt(draft, region, pickPage(draft, region));
}

function pickRacer(draft: Draft, vcpu: 0 | 1, region: 'data' | 'data2', page: number, word: number): Access {
  const { dice, tables } = draft;
  const op = dice.pick(tables.raceOps);
  const picked = dice.pick(RACE_WIDTHS);
  const width = opInfo(op).widths.includes(picked) ? picked : 8;
  return {
    kind: 'access',
    op,
    width,
    vcpu,
    region,
    page,
    offset: word + (dice.percent(70) ? 0 : dice.below(8 / width) * width),
    value: pickValue(dice),
    comparand: isCompare(op) ? dice.pick(COMPARANDS) : 'initial',
    count: 1,
    sweep: 1,
    peer: SCRATCH,
  };
}

/** Two accesses at once, most often to the same word; only for configurations with two vCPUs. */
export function pickRace(draft: Draft): Race {
  const { dice } = draft;
  const region = pickDataRegion(draft);
  const page = pickPage(draft, region);
  const word = dice.percent(60) ? 0 : dice.below(FETCH_STUB_OFFSET / 8) * 8;
  const b = pickRacer(draft, 1, region, dice.percent(85) ? page : pickPage(draft, region), word);
  return { kind: 'race', a: pickRacer(draft, 0, region, page, word), b };
}
