import { describe, expect, test } from 'vitest';
import { outcomesByCall, unseenOutcomes } from '../../../src/campaign/coverage/outcomes.js';

const documented = [
  { name: 'COPY ok' },
  { name: 'COPY EAGAIN' },
  { name: 'COPY ENOSPC', impossible: 'too new' },
  { name: 'MOVE ok', impossible: 'no such call' },
  { name: 'MOVE EBUSY', impossible: 'no such call' },
  { name: 'WAKE ok' },
];

describe('outcomes by call', () => {
  test('are in the order of the documentation, with what that does not name behind it', () => {
    const counts = { 'COPY EIO': 2, 'WAKE ok': 7, 'COPY EEXIST': 1, 'COPY ok': 5 };
    expect(outcomesByCall({ counts, documented })).toEqual([
      {
        call: 'COPY',
        ends: [
          ['ok', 5],
          ['EEXIST', 1],
          ['EIO', 2],
        ],
      },
      { call: 'MOVE', ends: [] },
      { call: 'WAKE', ends: [['ok', 7]] },
    ]);
  });

  test('include calls without any documentation', () => {
    expect(outcomesByCall({ counts: { 'POKE ok': 1 }, documented: [] })).toEqual([{ call: 'POKE', ends: [['ok', 1]] }]);
  });
});

describe('unseen outcomes', () => {
  test('come first where the machine could have shown them, and then by the reason why not', () => {
    expect(unseenOutcomes({ counts: { 'COPY ok': 5 }, documented })).toEqual([
      { names: ['COPY EAGAIN', 'WAKE ok'], impossible: undefined },
      { names: ['COPY ENOSPC'], impossible: 'too new' },
      { names: ['MOVE ok', 'MOVE EBUSY'], impossible: 'no such call' },
    ]);
  });

  test('are none where all was seen, whatever was held to be impossible', () => {
    const counts = Object.fromEntries(documented.map(({ name }) => [name, 1]));
    expect(unseenOutcomes({ counts, documented })).toEqual([]);
  });
});
