import { rule } from './book.js';

export const kept = rule('content.kept', 'contract', 'A page holds what was put there, and nothing else.', 'mmap(2)');
export const open = rule(
  'content.open',
  'implementation',
  'After what is left open, nothing is predicted but that the scenario ends and nobody hangs.',
  'this model',
);
