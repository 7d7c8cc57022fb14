import { describe, expect, test } from 'vitest';
import type { Observed } from '../../src/driver/observation.js';
import { dirtyText, expectedText, observedText } from '../../src/oracle/stage2/words.js';
import { placesIn } from '../../src/oracle/stage2/places.js';

const at = { step: 0, vcpu: 0 } as const;

describe('what words say of pages is read back', () => {
  test.each<[Observed, string, number, string]>([
    [
      { ...at, kind: 'uffd', region: 'data', page: 3, write: true, wp: true, minor: false, answer: 0xff, errno: 0 },
      'userfault',
      3,
      'WP|WRITE',
    ],
    [
      { ...at, kind: 'uffd', region: 'data', page: 0, write: false, wp: false, minor: false, answer: 0, errno: 17 },
      'userfault',
      0,
      'read',
    ],
    [{ ...at, kind: 'sigbus', region: 'data', page: 7, code: 4 }, 'signal', 7, ''],
    [{ ...at, kind: 'ring_entry', region: 'data', page: 2 }, 'dirty', 2, ''],
    [{ ...at, kind: 'dirty_word', region: 'data', index: 1, bits: 2n }, 'dirty', 65, ''],
    [{ ...at, kind: 'page_word', region: 'data', page: 5, offset: 8, value: 1n }, 'content', 5, ''],
    [{ ...at, kind: 'page', region: 'data', page: 5, base: 'zero', differing: 0 }, 'content', 5, ''],
  ])('%o', (event, kind, page, detail) => {
    expect(placesIn(observedText(event))).toEqual([
      { kind, region: 'data', first: page, last: page, detail, optional: false },
    ]);
  });

  test('dirty pages, those that must be and those that may', () => {
    const must = new Map([0, 1, 2, 9].map((page) => [page, 'rule']));
    const may = new Map([[4, 'rule']]);
    const ranges = placesIn(dirtyText('pt', { must, may, elseRule: 'rule' }));
    expect(ranges.map(({ first, last, optional }) => [first, last, optional])).toEqual([
      [0, 2, false],
      [9, 9, false],
      [4, 4, true],
    ]);
    expect(placesIn('dirty in data: none')).toEqual([]);
  });

  test('an event that need not come', () => {
    const event = {
      kind: 'uffd',
      rule: '',
      vcpu: 0,
      region: 'data',
      page: 1,
      write: false,
      wp: false,
      minor: true,
    } as const;
    expect(placesIn(expectedText({ ...event, optional: true }))).toMatchObject([{ first: 1, optional: true }]);
  });
});

test.each(['completes', 'succeeds, value 0x0', 'nothing', '', 'userfault data[x] read', 'dirty in data, word 0: 0xg'])(
  '%j is about no page',
  (line) => {
    expect(placesIn(line)).toEqual([]);
  },
);
