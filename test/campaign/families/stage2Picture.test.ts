import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stage2Arbitrary } from '../../../src/arbitraries/stage2.js';
import { stage2Picture } from '../../../src/campaign/families/stage2Picture.js';
import { MAX_MARK_LABEL, type Picture } from '../../../src/campaign/picture.js';
import { access, ableProfile, simplestScenario } from '../../support/scenario.js';

const nothing = { timeline: [], mismatches: [] };
const scenario = simplestScenario();
const tenPages = { ...scenario.config, data: { ...scenario.config.data, pages: 10 } };

function lanesOf({ groups }: Picture): string[] {
  return groups.flatMap(({ name, lanes }) => lanes.map((lane) => `${name} ${lane}`));
}

test('pages that nothing tells apart share a lane, and regions that nothing happens to are left out', () => {
  const steps = [access({ page: 2, op: 'store' }), access({ page: 3, vcpu: 1 })];
  const picture = stage2Picture({ ...scenario, config: tenPages, steps }, nothing);
  expect(lanesOf(picture)).toEqual(['data 0–1', 'data 2', 'data 3', 'data 4–9']);
  expect(picture.marks.map(({ column, lane, lanes, kind, label }) => [column, lane, lanes, kind, label])).toEqual([
    [0, 1, 1, 'write', 'W0'],
    [1, 2, 1, 'read', 'R1'],
  ]);
});

test('an access across a page boundary and a sweep cover each page that they touch', () => {
  const steps = [access({ page: 1, offset: 4092 }), access({ page: 4, sweep: 3 })];
  const { marks } = stage2Picture({ ...scenario, config: tenPages, steps }, nothing);
  expect(marks.map(({ lane, lanes }) => [lane, lanes])).toEqual([
    [1, 1],
    [3, 1],
  ]);
});

test('a dirty page that was not reported is marked where it was missed', () => {
  const steps = [access({ op: 'store' }), { kind: 'dirtyLog', action: 'get', region: 'data' } as const];
  const mismatch = { rule: 'dirty.write', step: 1, expected: 'dirty in data: 0', observed: 'dirty in data: none' };
  const picture = stage2Picture({ ...scenario, config: tenPages, steps }, { timeline: [], mismatches: [mismatch] });
  expect(lanesOf(picture)).toEqual(['data 0', 'data 1–9']);
  expect(picture.marks.at(-1)).toMatchObject({ column: 1, lane: 0, lanes: 1, kind: 'absent' });
});

test('what was reported and may not be is marked, what may be is not', () => {
  const mismatch = { rule: 'r', step: 0, expected: 'dirty in data: none, possibly 2', observed: 'dirty in data: 2, 5' };
  const { marks } = stage2Picture({ ...scenario, config: tenPages }, { timeline: [], mismatches: [mismatch] });
  const broken = marks.filter(({ kind }) => kind === 'surplus' || kind === 'absent');
  expect(broken).toHaveLength(1);
  expect(broken[0]).toMatchObject({ kind: 'surplus', label: 'dirty' });
});

test('a userfault message stands in the column of its step, and a mismatch after the last step in one of its own', () => {
  const timeline = [{ step: 'load', expected: [], observed: ['userfault data[0] read, answered copy', 'completes'] }];
  const mismatch = { rule: 'r', step: 0xffff, expected: 'data[0] is unchanged', observed: 'it holds 0x1' };
  const picture = stage2Picture(scenario, { timeline, mismatches: [mismatch] });
  expect(picture.columns.map(({ name }) => name)).toEqual(['1', 'end']);
  expect(picture.marks.map(({ column, kind, label }) => [column, kind, label])).toEqual([
    [0, 'read', 'R0'],
    [0, 'message', 'miss'],
    [1, 'absent', 'data'],
  ]);
});

test('of any scenario, every mark is inside the picture and its label fits', () => {
  fc.assert(
    fc.property(stage2Arbitrary(ableProfile()), (any) => {
      const picture = stage2Picture(any, nothing);
      const lanes = lanesOf(picture).length;
      for (const { column, lane, lanes: span, label } of picture.marks) {
        expect(column).toBeLessThan(picture.columns.length);
        expect(lane).toBeGreaterThanOrEqual(0);
        expect(span).toBeGreaterThanOrEqual(1);
        expect(lane + span).toBeLessThanOrEqual(lanes);
        expect(label.length).toBeLessThanOrEqual(MAX_MARK_LABEL);
      }
      expect(new Set(picture.marks.map(({ column }) => column)).size).toBe(any.steps.length);
    }),
    { numRuns: 300 },
  );
});
