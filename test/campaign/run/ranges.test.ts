import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Range, size, union, without } from '../../../src/campaign/run/ranges.js';

const range = fc.tuple(fc.nat(60), fc.nat(20)).map(([from, length]) => ({ from, to: from + length }));
const ranges = fc.array(range, { maxLength: 8 });

function numbers(all: readonly Range[]): number[] {
  const set = new Set(all.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)));
  return [...set].sort((a, b) => a - b);
}

test('the union of ranges has the numbers of both, each once', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const both = union(a, b);
      expect(numbers(both)).toEqual(numbers([...a, ...b]));
      expect(size(both)).toBe(numbers(both).length);
      both.slice(1).forEach(({ from }, i) => {
        expect(from).toBeGreaterThan(both[i]?.to ?? Infinity);
      });
    }),
  );
});

test('what is left of a range is in none of the others', () => {
  fc.assert(
    fc.property(range, ranges, (whole, others) => {
      const taken = union(others, []);
      const left = without(whole, taken);
      const gone = new Set(numbers(taken));
      expect(numbers(left)).toEqual(numbers([whole]).filter((n) => !gone.has(n)));
      expect(left.every(({ from, to }) => from < to)).toBe(true);
    }),
  );
});
