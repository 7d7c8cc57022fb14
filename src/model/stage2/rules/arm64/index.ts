/** Rules of aarch64 alone. */
export * from './access.js';
export * from './mmio.js';
export * from './paging.js';
