import { expect, test } from 'vitest';
import { c, fragment, link } from '../../../src/triage/export/fragment.js';

const LIBRARY = [
  fragment('base', 'int base;'),
  fragment('middle other', 'int middle(void) { return base; } /* unused */'),
  fragment('unused', 'int unused;'),
];
const taken = (text: string): string[] => link(text, LIBRARY).map(({ defines }) => defines.join(' '));

test('what is used is taken, directly or through others, in the order of the library', () => {
  expect(taken('int main(void) { return middle(); }')).toEqual(['base', 'middle other']);
  expect(taken('other')).toEqual(['base', 'middle other']);
});

test('what is only spoken of is not', () => {
  expect(taken('/* middle */ // base\nputs("unused \\" base");')).toEqual([]);
  expect(taken('int based, rebase, base_2;')).toEqual([]);
});

test('C is kept as it is written', () => {
  expect(c`
	puts("\n");
`).toBe('\tputs("\\n");');
});
