/** What a valibot schema refuses, in words. */
import type * as v from 'valibot';
import { jsonPath } from '../util/json-path.js';

const LONGEST_QUOTE = 60;

/** A value of JSON in a message. */
export function quote(value: unknown): string {
  const text = typeof value === 'symbol' || typeof value === 'bigint' ? typeof value : JSON.stringify(value);
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…`;
}

/** JSON path of the value that is refused, from `$` on. */
export function pathOf({ path }: v.BaseIssue<unknown>): string {
  return (path ?? []).reduce((parent: string, { key }) => jsonPath(parent, key), '$');
}

/** `expected a number >=0, got -1`. The messages of a schema's own checks say what is expected. */
export function problemOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'unknown field';
  if (issue.input === undefined) return `is missing, expected ${issue.expected ?? 'a value'}`;
  return `expected ${expectedText(issue)}, got ${lengthOf(issue) ?? quote(issue.input)}`;
}

function isLength({ type }: v.BaseIssue<unknown>): boolean {
  return type === 'min_length' || type === 'max_length';
}

function lengthOf(issue: v.BaseIssue<unknown>): string | undefined {
  return isLength(issue) ? issue.received : undefined;
}

function expectedText(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === 'validation' && !issue.message.startsWith('Invalid ')) return issue.message;
  if (isLength(issue)) return `${issue.expected ?? ''} entries`;
  if (issue.type === 'integer') return 'an integer';
  if (issue.type === 'min_value' || issue.type === 'max_value') return `a number ${issue.expected ?? ''}`;
  return issue.expected ?? 'another value';
}
