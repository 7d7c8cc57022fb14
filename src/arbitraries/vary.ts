import * as v from 'valibot';

/** A scenario that differs from another one in one thing. */
export interface Variation<S> {
  /** What differs, in words: `data.backing`, `step 2 value`, `step 2`. */
  readonly field: string;
  /** Its value, and the other one. */
  readonly from: string;
  readonly to: string;
  readonly scenario: S;
}

/** Another value somewhere in a piece of JSON. */
export interface Change {
  readonly path: readonly (string | number)[];
  /** {@link GONE}: the item of a list is left out. */
  readonly to: unknown;
}

export const GONE = Symbol('left out');

/** 64-bit numbers that have little in common. */
const NUMBERS = ['0x0', '0x1', '0x80', '0xffffffffffffffff', '0x123456789abcdef0'];

type Schema = v.GenericSchema & {
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[];
};

/**
 * Every other value that a schema allows in one place of a value: all of an enumeration, numbers nearby and at the lower end, `null`
 * where it may be, lists without one of their items. What has no alternative of its own kind (literals, free text) stays.
 */
export function* changes(schema: v.GenericSchema, value: unknown, path: Change['path'] = []): Generator<Change> {
  const { type, options, entries, item, wrapped, pipe } = schema as Schema;
  const other = function* (values: readonly unknown[]): Generator<Change> {
    for (const to of new Set(values)) if (to !== value) yield { path, to };
  };
  switch (type) {
    case 'picklist':
      yield* other(options ?? []);
      return;
    case 'boolean':
      yield* other([true, false]);
      return;
    case 'string':
      if (typeof value === 'string' && value.startsWith('0x')) yield* other(NUMBERS);
      return;
    case 'number':
      if (typeof value === 'number') yield* other(numbersNear(value, bound(pipe, 'min_value', 0)));
      return;
    case 'nullable':
      if (value !== null) yield { path, to: null };
      if (value !== null && wrapped !== undefined) yield* changes(wrapped, value, path);
      return;
    case 'variant': {
      const fitting = (options as readonly Schema[]).find((option) => v.is(option, value));
      if (fitting !== undefined) yield* changes(fitting, value, path);
      return;
    }
    case 'array':
      if (Array.isArray(value)) yield* changesOfList(value, item, bound(pipe, 'min_length', 0), path);
      return;
    case 'strict_object':
      if (typeof value !== 'object' || value === null) return;
      for (const [key, member] of Object.entries(entries ?? {}))
        yield* changes(member, (value as Readonly<Record<string, unknown>>)[key], [...path, key]);
  }
}

function* changesOfList(
  list: readonly unknown[],
  item: Schema | undefined,
  least: number,
  path: Change['path'],
): Generator<Change> {
  for (const [index, value] of list.entries()) {
    if (list.length > least) yield { path: [...path, index], to: GONE };
    if (item !== undefined) yield* changes(item, value, [...path, index]);
  }
}

function numbersNear(value: number, least: number): number[] {
  return [least, value - 1, value + 1, 2 * value].filter((number) => number >= least);
}

function bound(pipe: Schema['pipe'], type: string, otherwise: number): number {
  const requirement = pipe?.find((action) => action.type === type)?.requirement;
  return typeof requirement === 'number' ? requirement : otherwise;
}

/** The value with one change made to it. */
export function changed(value: unknown, { path, to }: Change): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  if (Array.isArray(value)) {
    const index = Number(key);
    if (rest.length === 0 && to === GONE) return value.toSpliced(index, 1);
    return value.with(index, changed(value[index], { path: rest, to }));
  }
  const object = value as Readonly<Record<string, unknown>>;
  return { ...object, [key]: changed(object[key], { path: rest, to }) };
}

/** What is at a path. */
export function valueAt(value: unknown, path: Change['path']): unknown {
  return path.reduce((inner: unknown, key) => (inner as Readonly<Record<string | number, unknown>>)[key], value);
}

/** A path in a scenario with `config` and `steps` in words: `data.backing`, `step 2 value`. */
export function fieldWords(path: Change['path']): string {
  const [first, ...rest] = path;
  if (first !== 'steps') return (first === 'config' ? rest : path).join('.');
  const [index, ...inside] = rest;
  return [`step ${Number(index) + 1}`, inside.join('.')].filter((word) => word !== '').join(' ');
}

/** A value in a few characters. */
export function valueWords(value: unknown): string {
  if (value === GONE) return 'left out';
  if (value === null) return 'none';
  if (typeof value === 'object') return 'there';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
