import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Family } from '../campaign/family.js';
import { KNOWN_SCHEMA, type KnownDivergence, matchKnown } from '../corpus/known.js';
import { KNOWN_DIRECTORY, type LoadedCase } from '../corpus/load.js';
import { compareReleases } from '../corpus/release.js';
import type { ProfileFacts } from '../corpus/profile-facts.js';
import { signatureOfCase, signatureParts } from '../corpus/signature.js';
import { formatJson } from '../corpus/format.js';
import type { Bucket } from './buckets.js';

/** Facts on which a divergence usually depends. Kernel releases are not among them: a bug stays until somebody mends it. */
const RELEVANT = ['arch', 'cpuVendor', 'kvmModule', 'paging'];
const MAX_ID = 80;

export interface KnownWish {
  readonly id: string | undefined;
  readonly reason: string;
  readonly source: string | undefined;
  /** Conditions in the place of the machines' own facts. */
  readonly when: KnownDivergence['when'] | undefined;
}

/** What a known divergence would label. */
export interface Labelled {
  /** Findings that it explains on the machines that they were found on. */
  readonly findings: readonly LoadedCase[];
  /** Pinned cases that have failed in this very way before they were mended: it must not label these. */
  readonly pinned: readonly LoadedCase[];
  /** Pinned cases with a step of this shape and a rule of these: should they break in this way, it would label them. */
  readonly exposed: readonly LoadedCase[];
}

/** A known divergence that labels what is in the bucket, on machines that have in common what those have on which it was found. */
export function knownFor(bucket: Bucket, wish: KnownWish): KnownDivergence {
  const file = bucket.cases[0]?.file ?? bucket.findings[0]?.leg.directory ?? 'a campaign';
  return {
    schema: KNOWN_SCHEMA,
    id: wish.id ?? idFor(bucket),
    title: bucket.title,
    explanation: wish.reason,
    source: wish.source ?? `found on ${bucket.kernels.join(', ') || 'an unknown kernel'}: ${file}`,
    when: wish.when ?? commonFacts(bucket.machines),
    match: { rules: [...bucket.broken], shape: `^${escaped(bucket.shape)}$` },
  };
}

/** Where a known divergence is kept. */
export function knownFile(corpusDir: string, family: string, id: string): string {
  return join(corpusDir, family, KNOWN_DIRECTORY, `${id}.json`);
}

export function formatKnown(entry: KnownDivergence): string {
  return formatJson(entry);
}

/** Whether a file or another entry has the id already. */
export function isTaken(corpusDir: string, family: string, id: string, known: readonly KnownDivergence[]): boolean {
  return existsSync(knownFile(corpusDir, family, id)) || known.some((entry) => entry.id === id);
}

/** Tries a known divergence on a corpus. */
export function wouldLabel(
  entry: KnownDivergence,
  cases: readonly LoadedCase[],
  family: Family<unknown, unknown>,
): Labelled {
  const ours = cases.filter((loaded) => loaded.case.family === family.name);
  const labels = (loaded: LoadedCase): boolean => labelsCase(entry, loaded);
  const pinned = ours.filter((loaded) => loaded.case.kind === 'pinned');
  const before = pinned.filter(labels);
  return {
    findings: ours.filter((loaded) => loaded.case.kind === 'finding' && labels(loaded)),
    pinned: before,
    exposed: pinned.filter((loaded) => !before.includes(loaded) && exposes(entry, loaded, family)),
  };
}

function labelsCase(entry: KnownDivergence, { case: value }: LoadedCase): boolean {
  const parts = value.signature === undefined ? undefined : signatureParts(signatureOfCase(value));
  if (parts === undefined || value.found === undefined) return false;
  const rules = [...new Set([...parts.rules, ...value.rules.map(({ id }) => id)])];
  return matchKnown([entry], { rules, shape: parts.shape }, value.found.profile) !== undefined;
}

/** It cannot be told without a divergence which rules would break, so one of its rules is taken, in any of its steps. */
function exposes(entry: KnownDivergence, { case: value }: LoadedCase, family: Family<unknown, unknown>): boolean {
  const rule = value.rules.find(({ id }) => entry.match.rules.includes(id))?.id;
  const arch = family.arch(value.scenario);
  if (
    rule === undefined ||
    (typeof entry.when['arch'] === 'string' && arch !== undefined && entry.when['arch'] !== arch)
  )
    return false;
  const steps = Array.from({ length: family.size(value.scenario) }, (_, step) => step);
  return steps.some((step) => {
    const shape = family.shape(value.scenario, { rule, step, expected: '', observed: '' });
    return entry.match.shape === undefined || new RegExp(entry.match.shape, 'u').test(shape);
  });
}

/** What all the machines have in common of what matters. */
function commonFacts(machines: readonly ProfileFacts[]): KnownDivergence['when'] {
  const [first, ...others] = machines;
  if (first === undefined) return {};
  return Object.fromEntries(
    RELEVANT.flatMap((field) => {
      const value = first[field];
      const common = value !== undefined && value !== '' && others.every((facts) => facts[field] === value);
      return common ? [[field, value] as const] : [];
    }),
  );
}

function idFor({ rules, shape, id }: Bucket): string {
  const words = `${rules.join('-')}-${shape}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${words.slice(0, MAX_ID).replace(/^-+|-+$/g, '')}-${id}`;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/**
 * Reads `field=value` of the command line: a value, a range of kernel releases (`kernelRelease=6.1..6.12`, the end outside), or a
 * regular expression (`cpuModel=/EPYC/`).
 *
 * @throws {RangeError} for anything else; one sentence.
 */
export function parseCondition(text: string): readonly [string, KnownDivergence['when'][string]] {
  const [, field, value] = /^([\w.]+)=(.+)$/su.exec(text) ?? [];
  if (field === undefined || value === undefined)
    throw new RangeError(`${text}: expected field=value, such as paging=shadow or kernelRelease=6.1..6.12`);
  const [, from, before] = /^([\w.+-]*?)\.\.([\w.+-]*)$/.exec(value) ?? [];
  if (from !== undefined && before !== undefined && from + before !== '') {
    if (from !== '' && before !== '' && compareReleases(from, before) >= 0)
      throw new RangeError(`${text}: ${from} is not before ${before}`);
    if (from === '') return [field, { before }];
    return [field, before === '' ? { from } : { from, before }];
  }
  const [, regex] = /^\/(.+)\/$/su.exec(value) ?? [];
  if (regex !== undefined) return [field, { regex }];
  if (value === 'true' || value === 'false') return [field, value === 'true'];
  return [field, /^-?\d+$/.test(value) ? Number(value) : value];
}
