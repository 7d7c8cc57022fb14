/** Number sizes in bytes. */
export const SIZE = { u8: 1, u16: 2, u32: 4, u64: 8 } as const;
export type Scalar = keyof typeof SIZE;
export type FieldSpec = readonly [name: string, type: Scalar, length?: number];

/** What every family's request begins with. */
export const HEAD = [
  ['magic', 'u32'],
  ['version', 'u16'],
  ['family', 'u8'],
  ['arch', 'u8'],
  ['size_bytes', 'u32'],
  ['deadline_ms', 'u32'],
  ['id', 'u64'],
  ['step_count', 'u16'],
  ['flags', 'u8'],
  ['plant', 'u8'],
] as const satisfies readonly FieldSpec[];
