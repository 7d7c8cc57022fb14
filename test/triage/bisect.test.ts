import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstChange } from '../../src/triage/bisect.js';

const same = (a: string, b: string): boolean => a === b;

test('finds where the verdict changes, whatever says nothing in between', async () => {
  const lists = fc
    .array(fc.boolean(), { minLength: 1, maxLength: 60 })
    .chain((silent) => fc.record({ silent: fc.constant(silent), at: fc.integer({ min: 0, max: silent.length }) }));
  await fc.assert(
    fc.asyncProperty(lists, async ({ silent, at }) => {
      const verdictOf = (index: number): string | undefined => (silent[index] ? undefined : index < at ? 'ok' : 'FAIL');
      const indices = silent.map((_, index) => index);
      const { change, tried } = await firstChange(indices, (index) => Promise.resolve(verdictOf(index)), same);
      const speaking = indices.filter((index) => !silent[index]);
      const before = speaking.filter((index) => index < at).at(-1);
      const after = speaking.find((index) => index >= at);
      if (before === undefined || after === undefined) expect(change).toBeUndefined();
      else expect([change?.before.kernel, change?.after.kernel]).toEqual([before, after]);
      expect(tried.map(({ kernel }) => kernel)).toEqual([...tried.map(({ kernel }) => kernel)].sort((a, b) => a - b));
    }),
  );
});

test('tries a logarithmic number of kernels, each once', async () => {
  const kernels = Array.from({ length: 1000 }, (_, i) => i);
  const tries: number[] = [];
  const { change } = await firstChange(
    kernels,
    (kernel) => {
      tries.push(kernel);
      return Promise.resolve(kernel < 731 ? 'ok' : 'FAIL');
    },
    same,
  );
  expect([change?.before.kernel, change?.after.kernel]).toEqual([730, 731]);
  expect(new Set(tries).size).toBe(tries.length);
  expect(tries.length).toBeLessThanOrEqual(12);
});

test('says that nothing changes when both ends agree', async () => {
  const { change, tried } = await firstChange([1, 2, 3], () => Promise.resolve('ok'), same);
  expect(change).toBeUndefined();
  expect(tried.map(({ kernel }) => kernel)).toEqual([1, 3]);
});
