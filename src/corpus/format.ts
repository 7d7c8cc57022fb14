import * as v from 'valibot';
import { Case } from './case.js';

/** Columns that a value may take on one line, indentation included. */
const LINE_COLUMNS = 120;
/** A step stays on one line even when it is longer than the rest may be, so that a diff shows steps. */
const STEP_COLUMNS = 260;
const STEP_DEPTH = 2;

/**
 * A case as the text of its file: two spaces of indentation, keys in the order of the schema, short values and every step on
 * one line. The scenario's keys stay in the order they are in, which is the schema's after its family has parsed it.
 */
export function formatCase(value: Case): string {
  // A value that the schema refuses is written as it is: the text is also how a finding is rescued.
  const result = v.safeParse(Case, value);
  return formatJson(result.success ? result.output : value);
}

/** JSON for people and for diffs, with a newline at the end. Undefined members are left out. */
export function formatJson(value: unknown): string {
  return `${format(toPlain(value), { indent: '', used: 0, columns: LINE_COLUMNS, depth: Infinity })}\n`;
}

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** Where a value goes: its indentation, the columns taken to its left and right, and how much it may put on one line. */
interface Place {
  readonly indent: string;
  readonly used: number;
  readonly columns: number;
  readonly depth: number;
}

function format(value: Plain, place: Place): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const line = compact(value);
  if (depthOf(value) <= place.depth && place.used + line.length <= place.columns) return line;
  const indent = `${place.indent}  `;
  if (isArray(value)) return broken('[', ']', place.indent, value.map((item) => format(item, { ...place, indent, used: indent.length + 1 })));
  const members = Object.entries(value).map(([key, member]) => {
    const name = `${JSON.stringify(key)}: `;
    return name + format(member, memberPlace(key, place, indent, indent.length + name.length + 1));
  });
  return broken('{', '}', place.indent, members);
}

function memberPlace(key: string, place: Place, indent: string, used: number): Place {
  return key === 'steps' ? { indent, used: Infinity, columns: STEP_COLUMNS, depth: STEP_DEPTH } : { ...place, indent, used };
}

function broken(open: string, close: string, indent: string, items: readonly string[]): string {
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(',\n')}\n${indent}${close}`;
}

function compact(value: Plain): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(compact).join(', ')}]`;
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${compact(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function depthOf(value: Plain): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: readonly Plain[] = isArray(value) ? value : Object.values(value);
  return 1 + Math.max(0, ...members.map(depthOf));
}

function isArray(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

function toPlain(value: unknown): Plain {
  return JSON.parse(JSON.stringify(value)) as Plain;
}
