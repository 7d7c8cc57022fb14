/** At most `max` of the values, evenly; the first and the last are among them. */
export function thinned<T>(values: readonly T[], max: number): readonly T[] {
  if (values.length <= max) return values;
  const stride = (values.length - 1) / (max - 1);
  return Array.from({ length: max }, (_, i) => values[Math.round(i * stride)] as T);
}
