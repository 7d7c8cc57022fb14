import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the published schemas are. */
export const SCHEMAS = fileURLToPath(new URL('../../docs/schema', import.meta.url));

type Schema = Readonly<Record<string, unknown>>;
type Check = (schema: Schema, value: unknown, at: string, context: Context) => string[];

interface Context {
  /** The document that `#` means. */
  readonly document: Schema;
  /** All keywords of one schema object. */
  readonly whole: Schema;
}

/** File name of every published schema. */
export function schemaNames(): string[] {
  return readdirSync(SCHEMAS).filter((name) => name.endsWith('.schema.json'));
}

export function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(join(SCHEMAS, basename(name)), 'utf8')) as Schema;
}

/**
 * What of a value is not as a published schema says. Stricter than JSON Schema demands: a property that the schema does not describe
 * is a problem, and so is a keyword that this checker does not know.
 */
export function problemsOf(name: string, value: unknown): string[] {
  const document = readSchema(name);
  return check(document, value, '$', document);
}

function check(schema: Schema, value: unknown, at: string, document: Schema): string[] {
  return Object.keys(schema).flatMap((keyword) => {
    const rule = KEYWORDS[keyword];
    if (rule === undefined) return [`${at}: the schema has an unknown keyword ${keyword}`];
    return rule({ [keyword]: schema[keyword] }, value, at, { document, whole: schema });
  });
}

const nothing: Check = () => [];

const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: nothing,
  $defs: nothing,
  title: nothing,
  description: nothing,
  $ref({ $ref }, value, at, { document }) {
    const [file = '', path = ''] = String($ref).split('#');
    const target = file === '' ? document : readSchema(file);
    const found = path
      .split('/')
      .slice(1)
      .reduce((inside: Schema, key) => inside[key] as Schema, target);
    return check(found, value, at, target);
  },
  type({ type }, value, at) {
    const types = [type].flat() as string[];
    return types.some((name) => isOfType(value, name)) ? [] : [`${at}: expected ${types.join(' or ')}`];
  },
  const: (schema, value, at) =>
    value === schema['const'] ? [] : [`${at}: expected ${JSON.stringify(schema['const'])}`],
  enum(schema, value, at) {
    return (schema['enum'] as unknown[]).includes(value)
      ? []
      : [`${at}: ${JSON.stringify(value)} is none of the values`];
  },
  pattern({ pattern }, value, at) {
    return new RegExp(String(pattern), 'u').test(String(value)) ? [] : [`${at}: does not match ${String(pattern)}`];
  },
  format({ format }, value, at) {
    if (format !== 'date-time') return [`${at}: the schema has an unknown format`];
    const right = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(String(value));
    return right && !Number.isNaN(Date.parse(String(value))) ? [] : [`${at}: expected a date and time`];
  },
  minimum: ({ minimum }, value, at) => (Number(value) >= Number(minimum) ? [] : [`${at}: below ${String(minimum)}`]),
  minItems: ({ minItems }, value, at) => ((value as []).length >= Number(minItems) ? [] : [`${at}: too few items`]),
  items({ items }, value, at, { document }) {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, i) => check(items as Schema, item, `${at}[${i}]`, document));
  },
  required({ required }, value, at) {
    if (!isObject(value)) return [];
    const missing = (required as string[]).filter((name) => !Object.hasOwn(value, name));
    return missing.map((name) => `${at}.${name}: is missing`);
  },
  properties({ properties }, value, at, { document, whole }) {
    if (!isObject(value)) return [];
    const described = properties as Readonly<Record<string, Schema>>;
    return Object.entries(value).flatMap(([name, inner]) => {
      const schema = Object.hasOwn(described, name) ? described[name] : undefined;
      if (schema !== undefined) return check(schema, inner, `${at}.${name}`, document);
      return 'additionalProperties' in whole ? [] : [`${at}.${name}: is not described`];
    });
  },
  additionalProperties(schema, value, at, { document, whole }) {
    if (!isObject(value)) return [];
    const described = Object.keys(whole['properties'] ?? {});
    const others = Object.entries(value).filter(([name]) => !described.includes(name));
    const inner = schema['additionalProperties'];
    if (inner === true) return [];
    return others.flatMap(([name, other]) => check(inner as Schema, other, `${at}.${name}`, document));
  },
  oneOf({ oneOf }, value, at, { document }) {
    const results = (oneOf as Schema[]).map((schema) => check(schema, value, at, document));
    const fitting = results.filter((problems) => problems.length === 0).length;
    if (fitting === 1) return [];
    return fitting > 1 ? [`${at}: fits ${fitting} of oneOf`] : results.flat();
  },
};

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
