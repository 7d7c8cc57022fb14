import { WIRE_ENUMS } from './spec.js';

type EnumName = keyof typeof WIRE_ENUMS;
export type WireName<E extends EnumName> = (typeof WIRE_ENUMS)[E][number];

/** Number on the wire of each name of an enumeration. */
export function wireNumbers<E extends EnumName>(name: E): Readonly<Record<WireName<E>, number>> {
  const names: readonly string[] = WIRE_ENUMS[name];
  return Object.fromEntries(names.map((entry, i) => [entry, i])) as Record<WireName<E>, number>;
}
