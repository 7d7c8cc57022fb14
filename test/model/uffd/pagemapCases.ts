/** Rule cases about what /proc/self/pagemap shows between two steps. */
import type { UffdStep } from '../../../src/scenario/uffd.js';
import { call, write, type RuleCase } from './cases.js';

function pagemap(page = 0, pages = 1): UffdStep {
  return { kind: 'pagemap', range: { page, pages, flaw: 'none' } };
}

const wp = call('register', ['wp']);
const protect = call('writeprotect', ['wp']);

export const PAGEMAP_CASES: readonly RuleCase[] = [
  {
    rule: 'pagemap.wp',
    config: { content: ['mapped'] },
    steps: [wp, protect, pagemap(), call('writeprotect')],
    at: 2,
    shows: 'entry of page 0: present, write-protected',
    instead: 'entry of page 0: present',
  },
  {
    rule: 'pagemap.present',
    config: { content: ['hole', 'hole'] },
    steps: [write(1), pagemap(1)],
    at: 1,
    shows: 'entry of page 1: present',
    instead: 'entry of page 1: nothing',
  },
  {
    rule: 'pagemap.mark',
    config: { features: ['wp_unpopulated'] },
    steps: [wp, protect, pagemap(), call('unregister')],
    at: 2,
    shows: 'entry of page 0: swapped, write-protected',
    instead: 'entry of page 0: write-protected',
  },
];
