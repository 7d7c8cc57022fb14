/** What can be wrong with a call beside its range. */

/**
 * What is wrong with the source of a copy or a move. `unaligned`: 512 bytes off. `unmapped`: where nothing is mapped. `ends`: only the
 * first page of it is there. `wrap`: source and length add up to more than 64 bits hold.
 */
export const SOURCE_FLAWS = ['unaligned', 'unmapped', 'ends', 'wrap'] as const;
export type SourceFlaw = (typeof SOURCE_FLAWS)[number];

/** Where the structure lies that a call is given: where nothing is mapped, or where it can only be read. */
export const BAD_ARGUMENTS = ['unmapped', 'readonly'] as const;
export type BadArgument = (typeof BAD_ARGUMENTS)[number];
