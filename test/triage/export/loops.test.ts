import { expect, test } from 'vitest';
import { folded, ranges, type Item } from '../../../src/triage/export/loops.js';
import { pageText } from '../../../src/triage/export/values.js';

function item(page: number, text: string): Item {
  return { page, lines: (indent, base) => [`${'\t'.repeat(indent)}${text}(${pageText(page, base)});`] };
}

test('what repeats itself from page to page becomes a loop', () => {
  const items = [0, 1, 2, 3].flatMap((page) => [item(page, 'run'), item(page, 'look')]);
  expect(folded(items, 1)).toEqual([
    '\tfor (int page = 0; page < 4; page++) {',
    '\t\trun(page);',
    '\t\tlook(page);',
    '\t}',
  ]);
});

test('what comes before, behind and in another order stays as it is', () => {
  const items = [item(9, 'first'), item(4, 'a'), item(5, 'a'), item(6, 'a'), item(8, 'a')];
  expect(folded(items, 0)).toEqual(['first(9);', 'for (int page = 4; page < 7; page++)', '\ta(page);', 'a(8);']);
});

test('two of a kind are no loop', () => {
  expect(folded([item(0, 'a'), item(1, 'a')], 0)).toEqual(['a(0);', 'a(1);']);
});

test('consecutive numbers are ranges', () => {
  expect(ranges([5, 1, 2, 3, 9])).toEqual([
    [1, 3],
    [5, 5],
    [9, 9],
  ]);
  expect(ranges([])).toEqual([]);
});
