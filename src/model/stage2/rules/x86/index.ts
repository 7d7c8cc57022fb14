/** Rules of x86_64 alone. */
export * from './access.js';
export * from './memory.js';
export * from './mmio.js';
export * from './paging.js';
