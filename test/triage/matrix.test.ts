import { expect, test } from 'vitest';
import { countsOf, matrixOf } from '../../src/triage/matrix.js';
import { replayed, targetRun } from '../support/replayed.js';

test('puts each case on a row, with a cell for each target in their order', () => {
  const matrix = matrixOf([
    targetRun('a', [replayed('x', 'ok'), replayed('y', 'skip', 'no huge page')]),
    targetRun('b', [replayed('x', 'ok'), replayed('y', 'ok')]),
  ]);
  expect(matrix.rows.map(({ file, cells }) => [file, cells.map(({ status }) => status)])).toEqual([
    ['x', ['ok', 'ok']],
    ['y', ['skip', 'ok']],
  ]);
  expect(countsOf(matrix, 0)).toEqual(
    new Map([
      ['ok', 1],
      ['skip', 1],
    ]),
  );
});

test.each([
  [['ok', 'ok'], false],
  [['ok', 'gone'], false],
  [['ok', 'broken'], true],
  [['ok', 'known'], true],
  [['broken', 'fails'], false],
  [['ok', 'skip'], false],
  [['ok', 'harness'], false],
  [['skip', 'broken'], false],
] as const)('statuses %j differ: %s', (statuses, differs) => {
  const matrix = matrixOf(statuses.map((status, i) => targetRun(String(i), [replayed('x', status)])));
  expect(matrix.rows[0]?.differs).toBe(differs);
});

test('a target that was not reached, or lost half-way, leaves the others alone and says why', () => {
  const matrix = matrixOf([
    targetRun('a', [], 'no KVM inside'),
    targetRun('b', [replayed('x', 'ok')], 'the kernel panicked'),
    targetRun('c', [replayed('x', 'ok'), replayed('y', 'broken', 'divergence: r')]),
  ]);
  expect(matrix.rows[1]?.cells).toEqual([
    { status: 'unreached', detail: 'no KVM inside' },
    { status: 'unreached', detail: 'the kernel panicked' },
    { status: 'broken', detail: 'divergence: r' },
  ]);
  expect(matrix.rows.map(({ differs }) => differs)).toEqual([false, false]);
});
