import { rule } from './book.js';

const SDM = 'Intel SDM vol. 2, the instruction';
const ORDER = 'Intel SDM vol. 3A, memory ordering; Arm ARM B2, the memory model';

export const loadValue = rule(
  'access.load-value',
  'contract',
  'A read returns the bytes that memory holds at its address.',
  `${ORDER}; page_fault_test guest_read64`,
);
export const storeContent = rule(
  'access.store-content',
  'contract',
  'A completed write leaves its bytes in memory, and only these.',
  `${ORDER}; page_fault_test guest_write64`,
);
export const atomicUpdate = rule(
  'access.atomic-update',
  'contract',
  'An atomic read-modify-write stores the result computed from the value that it read.',
  `${SDM}s XCHG, CMPXCHG, ADD, OR, AND, BTS; Arm ARM C6.2, CAS, LDADD, SWP, STXR; page_fault_test guest_cas`,
);
export const prefetchHint = rule(
  'access.prefetch-hint',
  'contract',
  'A prefetch neither faults nor exits nor raises a userfault.',
  `${SDM} PREFETCHW; Arm ARM C6.2, PRFM`,
);
export const fetchRuns = rule(
  'access.fetch',
  'contract',
  'An instruction fetch runs the bytes that the page holds.',
  'page_fault_test guest_exec',
);
