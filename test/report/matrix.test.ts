import { expect, test } from 'vitest';
import { formatMatrix, matrixMarkdown } from '../../src/report/matrix.js';
import { matrixHtml } from '../../src/report/matrixHtml.js';
import { matrixOf } from '../../src/triage/matrix.js';
import { replayed, targetRun } from '../support/replayed.js';

const PLAIN = { columns: 120, color: false, live: false };

const matrix = matrixOf([
  targetRun('qemu:old', [replayed('fine.json', 'ok'), replayed('odd.json', 'broken', 'divergence: <dirty|write>')]),
  targetRun('qemu:new', [replayed('fine.json', 'ok'), replayed('odd.json', 'ok')]),
  targetRun('qemu:none', [], 'there is no KVM in this kernel'),
]);

test('at a terminal: targets with their counts, and only the cases that are not ok everywhere', () => {
  const lines = formatMatrix(matrix, PLAIN);
  expect(lines[0]).toBe('qemu:old  machine of qemu:old');
  expect(lines[1]).toBe('  1 ok, 1 broken, in 1.5 s after 0.5 s to start');
  expect(lines.join('\n')).toContain('qemu:none  there is no KVM in this kernel');
  expect(lines.join('\n')).toContain('≠ odd.json');
  expect(lines.join('\n')).toContain('qemu:old: FAIL: divergence: <dirty|write>');
  expect(lines.at(-1)).toBe('2 cases, 3 targets: 1 differ');
});

test('as Markdown: every case with every target, and nothing that breaks the table', () => {
  const rows = matrixMarkdown(matrix).split('\n');
  expect(rows).toContain('| fine.json | ok | ok | - |  |');
  expect(rows).toContain('| **≠** odd.json | FAIL | ok | - | qemu:old: FAIL: divergence: &lt;dirty\\|write> |');
});

test('as HTML: one file without scripts or anything from elsewhere, and text stays text', () => {
  const page = matrixHtml(matrix);
  expect(page).toContain('divergence: &lt;dirty|write&gt;');
  expect(page).not.toMatch(/<script|src=|href=|@import/);
  expect(page.match(/<tr class="differs">/g)).toHaveLength(1);
  expect(page.match(/class="cell-broken"/g)).toHaveLength(1);
});
