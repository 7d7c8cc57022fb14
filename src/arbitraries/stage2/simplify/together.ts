import { leafPages } from '../../../scenario/stage2/arch.js';
import { PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { isFetch, opInfo } from '../../../scenario/stage2/ops.js';
import type { Access, AccessRegion, SlotRegion, Stage2Config, Stage2Scenario, Step } from '../../../scenario/stage2.js';
import { smaller } from './steps.js';

/** Moves that change several steps in the same way, because steps that meet on a page must go on meeting. */

const REGIONS = ['data', 'data2', 'none', 'pt'] as const;
const WORD_BYTES = 8;

function mapAccesses(step: Step, change: (access: Access) => Access): Step {
  if (step.kind === 'access') return change(step);
  return step.kind === 'race' ? { ...step, a: change(step.a), b: change(step.b) } : step;
}

type Where = AccessRegion | SlotRegion;
type PageMap = (page: number) => number;

function movePages(step: Step, region: Where, move: PageMap): Step {
  const moveAccess = (access: Access): Access => {
    const { peer } = access;
    const moved = access.region === region ? { ...access, page: move(access.page) } : access;
    return peer.region === region ? { ...moved, peer: { ...peer, page: move(peer.page) } } : moved;
  };
  if (step.kind === 'access' || step.kind === 'race') return mapAccesses(step, moveAccess);
  return 'page' in step && step.region === region ? { ...step, page: move(step.page) } : step;
}

function collectPages(steps: readonly Step[], region: Where): number[] {
  const pages = new Set<number>();
  const note: PageMap = (page) => {
    pages.add(page);
    return page;
  };
  for (const step of steps) movePages(step, region, note);
  return [...pages].sort((a, b) => a - b);
}

/** Closes gaps between the pages in use, and merges neighbours. */
function* fewerPages(steps: readonly Step[], region: Where): Generator<Step[]> {
  let previous = -1;
  for (const page of collectPages(steps, region)) {
    const gap = page - previous - 1;
    for (const left of smaller(gap, 0)) {
      const shift = gap - left;
      yield steps.map((step) => movePages(step, region, (other) => (other >= page ? other - shift : other)));
    }
    if (previous >= 0) {
      const target = previous;
      yield steps.map((step) => movePages(step, region, (other) => (other === page ? target : other)));
    }
    previous = page;
  }
}

function* smallerRegions(config: Stage2Config): Generator<Stage2Config> {
  const unit = leafPages(config);
  const fewer = (pages: number): number[] => smaller(pages / unit, 1).map((leaves) => leaves * unit);
  const { data, data2, none } = config;
  for (const pages of fewer(data.pages)) yield { ...config, data: { ...data, pages } };
  if (data2 !== null) for (const pages of fewer(data2.pages)) yield { ...config, data2: { ...data2, pages } };
  for (const pages of fewer(none.pages)) yield { ...config, none: { ...none, pages } };
}

function setOffset(step: Step, from: number, to: number): Step {
  if (step.kind === 'host' && 'offset' in step) return step.offset === from ? { ...step, offset: to } : step;
  return mapAccesses(step, (access) => {
    const { peer } = access;
    const moved = access.offset === from && !isFetch(access.op) ? { ...access, offset: to } : access;
    return peer.region !== 'scratch' && peer.offset === from ? { ...moved, peer: { ...peer, offset: to } } : moved;
  });
}

function accessesOf(steps: readonly Step[]): Access[] {
  return steps.flatMap((step) => (step.kind === 'access' ? [step] : step.kind === 'race' ? [step.a, step.b] : []));
}

function* sameOffsets(steps: readonly Step[]): Generator<Step[]> {
  for (const offset of new Set(accessesOf(steps).map((access) => access.offset))) {
    for (const to of [0, offset & -WORD_BYTES, PAGE_SIZE - WORD_BYTES / 2]) {
      if (to !== offset) yield steps.map((step) => setOffset(step, offset, to));
    }
  }
}

function* sameValues(steps: readonly Step[]): Generator<Step[]> {
  for (const value of new Set(accessesOf(steps).map((access) => access.value))) {
    for (const to of ['0x0', '0x1']) {
      if (to === value) continue;
      yield steps.map((step) => mapAccesses(step, (a) => (a.value === value ? { ...a, value: to } : a)));
    }
  }
}

function widen(access: Access): Access {
  return opInfo(access.op).widths.includes(WORD_BYTES) ? { ...access, width: WORD_BYTES } : access;
}

function swapVcpus(step: Step): Step {
  if (step.kind !== 'access' && (step.kind !== 'pte' || step.by === 'host')) return step;
  return { ...step, vcpu: step.vcpu === 0 ? 1 : 0 };
}

/** Steps with the same change made to all of them, and configurations with fewer pages. */
export function* simplerTogether({
  config,
  steps,
}: Stage2Scenario): Generator<{ config: Stage2Config; steps: Step[] }> {
  for (const region of REGIONS) for (const moved of fewerPages(steps, region)) yield { config, steps: moved };
  for (const smallerConfig of smallerRegions(config)) yield { config: smallerConfig, steps };
  if (config.vcpus === 2) yield { config, steps: steps.map(swapVcpus) };
  for (const moved of sameOffsets(steps)) yield { config, steps: moved };
  yield { config, steps: steps.map((step) => mapAccesses(step, widen)) };
  for (const changed of sameValues(steps)) yield { config, steps: changed };
}
