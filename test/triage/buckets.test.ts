import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/corpus/case.js';
import type { KnownDivergence } from '../../src/corpus/known.js';
import { bucketsNamed, bucketsOf, type DatedCase, rateOf } from '../../src/triage/buckets.js';
import type { RunLeg } from '../../src/triage/runs.js';
import { simplestScenario } from '../support/scenario.js';
import { aFinding } from '../support/summary.js';

const SIGNATURE = 'stage2/dirty.write/dirty get data at CPL0';
const X86 = { arch: 'x86_64', kernelRelease: '6.12.1', kvmModule: 'kvm_intel', paging: 'tdp' };

function aCase(signature: string, changes: Partial<Case> = {}, writtenMs = 1): DatedCase {
  const [, rule = ''] = signature.split('/');
  const found = { seed: 7, path: '3:1', minimized: 'as generated', profile: X86 };
  const reproduction = { tries: 10, hits: 10, freshTries: 0, freshHits: 0 };
  const value: Case = {
    schema: 1,
    kind: 'finding',
    family: 'stage2',
    title: 'divergence',
    note: '',
    signature,
    rules: [{ id: rule, sentence: '' }],
    scenario: simplestScenario(),
    found: { ...found, reproduction },
    ...changes,
  };
  return { file: `corpus/stage2/${rule}-${writtenMs}.json`, writtenMs, case: value };
}

function aLeg(changes: Partial<RunLeg> = {}): RunLeg {
  const base = {
    directory: 'runs/a',
    seed: 1,
    seenMs: 100,
    family: 'stage2',
    target: 'local',
    plant: 'none',
    facts: X86,
  };
  return { ...base, scenarios: 1000, decided: { 'dirty.write': 500 }, occurrences: {}, findings: [], ...changes };
}

function aKnown(changes: Partial<KnownDivergence> = {}): KnownDivergence {
  const base = { schema: 1, id: 'known-one', title: 't', explanation: 'e', source: 's' } as const;
  return { ...base, when: { arch: 'x86_64' }, match: { rules: ['dirty.write'] }, ...changes };
}

const none = new Map<string, readonly KnownDivergence[]>();
const buckets = (cases: readonly DatedCase[], legs: readonly RunLeg[] = [], known = none) =>
  bucketsOf({ cases, legs, known });

describe('buckets', () => {
  test('hold all findings of a signature, those of cases and of runs, and no pinned case', () => {
    const met = aLeg({ occurrences: { [SIGNATURE]: 3 }, findings: [aFinding({ signature: SIGNATURE })] });
    const smaller = aCase(SIGNATURE, { scenario: simplestScenario({ steps: [] }) }, 2);
    const pinned = aCase(SIGNATURE, { kind: 'pinned' }, 3);
    const [bucket, ...others] = buckets([aCase(SIGNATURE), smaller, pinned], [met, aLeg()]);
    expect(others).toEqual([]);
    expect(bucket).toMatchObject({ state: 'new', times: 3, rules: ['dirty.write'], lastSeenMs: 100 });
    expect(bucket?.cases.map(({ file }) => file)).toEqual([smaller.file, 'corpus/stage2/dirty.write-1.json']);
    expect(bucket?.title).toBe(
      'dirty.write broke in: dirty get data at CPL0, on x86_64 kvm_intel with two-dimensional paging',
    );
  });

  test('have an id that follows from the signature alone, and names case files', () => {
    const [one] = buckets([aCase(SIGNATURE)]);
    const [other] = buckets([], [aLeg({ findings: [aFinding({ signature: SIGNATURE })] })]);
    expect(one?.id).toMatch(/^[0-9a-f]{8}$/);
    expect(other?.id).toBe(one?.id);
  });

  test('come with what is open first, then the newest, then the most reproducible', () => {
    const known = new Map([['stage2', [aKnown({ match: { rules: ['ring.write'] } })]]]);
    const rare = { tries: 10, hits: 1, freshTries: 0, freshHits: 0 };
    const old = aCase('stage2/a.rule/x', {}, 5);
    const often = aCase('stage2/b.rule/x', {}, 9);
    const seldom = aCase('stage2/c.rule/x', {}, 9);
    const flaky = {
      ...seldom,
      case: { ...seldom.case, found: { ...aCase(SIGNATURE).case.found, reproduction: rare } },
    } as DatedCase;
    const explained = aCase('stage2/ring.write/x', {}, 99);
    const order = buckets([old, explained, flaky, often], [], known);
    expect(order.map(({ rules }) => rules[0])).toEqual(['b.rule', 'c.rule', 'a.rule', 'ring.write']);
    expect(order.map(({ reproduction }) => rateOf(reproduction))).toEqual([1, 0.1, 1, 1]);
    expect(order.map(({ state }) => state)).toEqual(['new', 'new', 'new', 'known']);
  });

  test('are known only when every machine on which they were found is explained', () => {
    const known = new Map([['stage2', [aKnown({ when: { kernelRelease: { before: '6.13' } } })]]]);
    const onNewer = aLeg({ occurrences: { [SIGNATURE]: 1 }, facts: { ...X86, kernelRelease: '6.14.0' } });
    expect(buckets([aCase(SIGNATURE)], [], known)[0]).toMatchObject({ state: 'known', known: 'known-one' });
    expect(buckets([aCase(SIGNATURE)], [onNewer], known)[0]).toMatchObject({
      state: 'new',
      kernels: ['6.12.1', '6.14.0'],
    });
  });

  test('of a case that was written by hand are known when any machine is explained', () => {
    const known = new Map([['stage2', [aKnown({ when: { 'features.uffdPoison': true } })]]]);
    expect(buckets([aCase(SIGNATURE, { found: undefined })], [], known)[0]?.state).toBe('known');
  });

  test('have a title also for what breaks no rule of a model', () => {
    const titles = ['stage2/crash/store data at CPL0', 'stage2/hang/end', 'stage2/kernel-log/WARNING: CPU: #'].map(
      (signature) => buckets([aCase(signature)])[0]?.title,
    );
    const on = 'on x86_64 kvm_intel with two-dimensional paging';
    expect(titles).toEqual([
      `the process died in: store data at CPL0, ${on}`,
      `it did not end in: end, ${on}`,
      `the kernel reported trouble: WARNING: CPU: #, ${on}`,
    ]);
  });
});

describe('a bucket seems fixed', () => {
  const met = aLeg({ occurrences: { [SIGNATURE]: 10 }, findings: [aFinding({ signature: SIGNATURE })] });
  const later = aLeg({ directory: 'runs/b', seenMs: 200 });
  const state = (...legs: readonly RunLeg[]) => buckets([aCase(SIGNATURE)], legs)[0]?.state;

  test('when later campaigns should have met it several times', () => {
    expect(state(met, later)).toBe('fixed?');
  });

  test.each<[string, Partial<RunLeg>]>([
    ['gave it too few chances', { decided: { 'dirty.write': 200 } }],
    ['never exercised its rules', { decided: {} }],
    ['were earlier', { seenMs: 50 }],
    ['had another kind of machine', { facts: { ...X86, paging: 'shadow' } }],
    ['were of another family', { family: 'uffd' }],
    ['met it', { occurrences: { [SIGNATURE]: 1 } }],
  ])('but not when they %s', (_, changes) => {
    expect(state(met, { ...later, ...changes })).toBe('new');
  });

  test('whatever the kernel is', () => {
    expect(state(met, { ...later, facts: { ...X86, kernelRelease: '6.18.0' } })).toBe('fixed?');
  });
});

test('a bucket is named by the beginning of its id, by a case and by its signature', () => {
  const all = buckets([aCase(SIGNATURE), aCase('stage2/ring.write/x', {}, 2)]);
  const [one] = all.filter(({ signature }) => signature === SIGNATURE);
  const names = [one?.id ?? '', one?.id.slice(0, 4) ?? '', `./${one?.cases[0]?.file ?? ''}`, SIGNATURE];
  for (const name of names) expect(bucketsNamed(all, name)).toEqual([one]);
  expect(bucketsNamed(all, '')).toEqual([]);
  expect(bucketsNamed(all, 'zz')).toEqual([]);
});
