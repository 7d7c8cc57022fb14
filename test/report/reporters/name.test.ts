import { expect, test } from 'vitest';
import { testName } from '../../../src/report/reporters/name.js';

test.each([
  ['corpus/stage2/a.json', 'corpus', 'stage2.a'],
  ['corpus/stage2/page-fault-test/a-b_c.json', './corpus/', 'stage2.page-fault-test.a-b_c'],
  ['/x/corpus/stage2/dirty.write-1f2e.json', '/x/corpus', 'stage2.dirty.write-1f2e'],
  ['elsewhere/finding.json', 'corpus', 'stage2.finding'],
  ['/x/..finding.json', 'corpus', 'stage2.finding'],
  ['corpus/a #1 ]]>🐧.json', 'corpus', 'a__1_____'],
  ['corpus/...json', 'corpus', 'case'],
  ['corpus/..a.json', 'corpus', 'a'],
  ['../a.json', 'corpus', 'stage2.a'],
])('%s of %s is called %s', (file, corpus, name) => {
  expect(testName(file, corpus, 'stage2')).toBe(name);
});
