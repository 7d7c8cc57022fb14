/** Appends a key or an index to a JSON path: `$.steps` + 2 → `$.steps[2]`. */
export function jsonPath(parent: string, key: unknown): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  if (typeof key === 'string' && /^[A-Za-z_]\w*$/.test(key)) return `${parent}.${key}`;
  return `${parent}[${JSON.stringify(String(key))}]`;
}
