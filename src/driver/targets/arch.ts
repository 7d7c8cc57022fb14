/** Architectures of guests, as Debian names them. */
export const ARCHES = ['arm64', 'amd64'] as const;
export type Arch = (typeof ARCHES)[number];
