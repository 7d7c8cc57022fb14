import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { uffdFamily } from '../../src/campaign/families/uffd.js';
import { formatCase } from '../../src/corpus/format.js';
import { loadKnown } from '../../src/corpus/known.js';
import { loadCases } from '../../src/corpus/load.js';
import { parseUffd } from '../../src/scenario/parse.js';
import { uffdProfile } from '../model/uffd/support.js';
import { CORPUS } from './corpus.js';

const { cases, errors } = loadCases([`${CORPUS}/uffd`], { uffd: parseUffd });
const SENTENCES = new Map(uffdFamily.rules.map(({ id, sentence }) => [id, sentence]));

test('no file of the family is refused, and there are cases', () => {
  expect(errors).toEqual([]);
  expect(cases.length).toBeGreaterThan(30);
});

describe.each(cases.map((one) => [relative(CORPUS, one.file), one.file, one.case] as const))(
  '%s',
  (_name, file, value) => {
    test('is formatted as the program writes it', () => {
      expect(readFileSync(file, 'utf8')).toBe(formatCase({ ...value, scenario: parseUffd(value.scenario) }));
    });

    test('names rules of the model with their sentences', () => {
      for (const { id, sentence } of value.rules) expect([id, SENTENCES.get(id)]).toEqual([id, sentence]);
      expect(value.rules.length).toBeGreaterThan(0);
    });

    test('has its rules decide on a machine that has everything', () => {
      const { skip, decided } = uffdFamily.predict(parseUffd(value.scenario), uffdProfile());
      expect(skip).toBe(undefined);
      expect(value.rules.map(({ id }) => id).filter((id) => !decided.has(id))).toEqual([]);
    });
  },
);

test('known divergences are readable, and are about rules of the model or hangs', () => {
  const { known, errors: unreadable } = loadKnown(CORPUS, 'uffd');
  expect(unreadable).toEqual([]);
  expect(known.length).toBeGreaterThan(0);
  for (const { match } of known)
    expect(match.rules.filter((rule) => rule !== 'hang' && !SENTENCES.has(rule))).toEqual([]);
});
