// The reference scenario of native/bench/bare_loop.c as a fast-check arbitrary: three accesses, two holes and two reads of
// the dirty log on one of four pages, with random values, page and offset.
import fc from 'fast-check';
import { Dice } from '../dist/arbitraries/stage2/dice.js';

const PAGES = 4;
// Below the stub that the fetch operation jumps to.
const WORDS = 0xf80 / 8;

const region = (log) => ({ backing: 'anon', flags: { log, readonly: false }, uffd: null });

const configOf = (privilege) => ({
  privilege,
  vcpus: 1,
  dirtyTracking: 'bitmap',
  initial: { pteA: true, pdeA: true, pdpteA: true, pteD: true },
  pt: region(false),
  data: { ...region(true), pages: PAGES, offsetPages: 0 },
  data2: null,
  none: { pages: 1, reads: ['0x0'] },
});

const HOLES = Array.from({ length: PAGES }, (_, page) => ({
  kind: 'hole',
  region: 'data',
  page,
  pages: 1,
  how: 'dontneed',
}));
const GET = { kind: 'dirtyLog', action: 'get', region: 'data' };
const PEER = { region: 'scratch' };

function access(op, page, offset, value) {
  return {
    kind: 'access',
    op,
    width: 8,
    vcpu: 0,
    region: 'data',
    page,
    offset,
    value,
    comparand: 'initial',
    count: 1,
    sweep: 1,
    peer: PEER,
  };
}

function scenarioOf(dice, config) {
  const page = dice.below(PAGES);
  const offset = dice.below(WORDS) * 8;
  const value = () => `0x${dice.bits().toString(16)}${dice.bits().toString(16).padStart(8, '0')}`;
  const hole = HOLES[page];
  return {
    schema: 1,
    family: 'stage2',
    arch: 'x86_64',
    config,
    steps: [
      access('load', page, offset, value()),
      hole,
      access('store', page, offset, value()),
      GET,
      hole,
      access('load', page, offset, value()),
      GET,
    ],
  };
}

class Reference extends fc.Arbitrary {
  constructor(privilege) {
    super();
    this.config = configOf(privilege);
  }

  generate(random) {
    return new fc.Value(scenarioOf(new Dice(random), this.config), undefined);
  }

  canShrinkWithoutContext() {
    return false;
  }

  shrink() {
    return fc.Stream.nil();
  }
}

/** @param {'kernel' | 'user'} privilege */
export function referenceArbitrary(privilege) {
  return new Reference(privilege);
}
