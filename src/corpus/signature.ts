import { createHash } from 'node:crypto';
import type { Case } from './case.js';

const HASH_DIGITS = 8;

/** A signature is `family/rules/shape`, with `+` between the rules; the shape may hold anything. */
export interface SignatureParts {
  readonly family: string;
  readonly rules: readonly string[];
  readonly shape: string;
}

/** Takes the text of a signature apart; undefined when it is none. */
export function signatureParts(text: string): SignatureParts | undefined {
  const [, family, rules, shape] = /^([^/]+)\/([^/]+)(?:\/(.*))?$/su.exec(text) ?? [];
  if (family === undefined || rules === undefined) return undefined;
  return { family, rules: rules.split('+'), shape: shape ?? '' };
}

/** What makes a case the same as another: its signature, or what stands for one in a case that was written by hand. */
export function signatureOfCase({ signature, family, title }: Pick<Case, 'signature' | 'family' | 'title'>): string {
  return signature ?? `${family} ${title}`;
}

/** Short name of a signature: eight hex digits, which the names of case files end with. */
export function signatureHash(signature: string): string {
  return createHash('sha256').update(signature).digest('hex').slice(0, HASH_DIGITS);
}
