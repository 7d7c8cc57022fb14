import { describe, expect, test } from 'vitest';
import { type KnownDivergence, loadKnown, matchKnown } from '../../src/corpus/known.js';
import { ableProfile } from '../support/scenario.js';
import { temporaryDirectory } from '../support/temporary.js';

const directory = temporaryDirectory();

function known(changes: Partial<KnownDivergence> = {}): KnownDivergence {
  return {
    schema: 1,
    id: 'stale-accessed-bit',
    title: 'The accessed bit stays clear',
    explanation: 'The emulator writes the operand before it sets the bit.',
    source: 'api.rst',
    when: {},
    match: { rules: ['walk.accessed', 'walk.dirty'] },
    ...changes,
  };
}

const facts = { rules: ['walk.accessed'], shape: 'store anon readonly' };
const matches = (entry: KnownDivergence, profile = ableProfile()): boolean =>
  matchKnown([entry], facts, profile) === entry.id;

describe('matching', () => {
  test('asks that every broken rule is among those of the entry', () => {
    const match = (rules: string[]): string | undefined => matchKnown([known()], { ...facts, rules }, ableProfile());
    expect(match(['walk.accessed'])).toBe('stale-accessed-bit');
    expect(match(['walk.dirty', 'walk.accessed'])).toBe('stale-accessed-bit');
    expect(match(['walk.accessed', 'mem.read'])).toBeUndefined();
  });

  test('never labels what broke no rule', () => {
    expect(matchKnown([known()], { ...facts, rules: [] }, ableProfile())).toBeUndefined();
  });

  test('asks for the shape', () => {
    expect(matches(known({ match: { rules: ['walk.accessed'], shape: '^store .* readonly$' } }))).toBe(true);
    expect(matches(known({ match: { rules: ['walk.accessed'], shape: '^load' } }))).toBe(false);
  });

  test.each<[KnownDivergence['when'], boolean]>([
    [{ cpuVendor: 'GenuineIntel' }, true],
    [{ cpuVendor: 'AuthenticAMD' }, false],
    [{ cpuVendor: 'GenuineIntel', paging: 'shadow' }, false],
    [{ 'features.uffdWp': true, 'ops.push.user.mmio': 'emulated', ringSoftLimit: 64 }, true],
    [{ 'features.uffdWp': false }, false],
    [{ kvmModule: { regex: '^kvm_(intel|amd)$' } }, true],
    [{ kvmModule: { regex: '^amd' } }, false],
    [{ kernelRelease: { from: '6.12' } }, true],
    [{ kernelRelease: { from: '6.12.10' } }, false],
    [{ kernelRelease: { from: '5.4', before: '6.13-rc1' } }, true],
    [{ kernelRelease: { before: '6.12.9' } }, false],
    [{ kernelRelease: { from: '6.9', before: '6.100' } }, true],
    [{ cpuModel: { from: '6.1' } }, false],
    [{ toString: { regex: '' } }, false],
  ])('under the condition %j is %s', (when, expected) => {
    expect(matches(known({ when }))).toBe(expected);
  });
});

describe('loading', () => {
  const write = (name: string, entry: unknown): string =>
    directory.write(`stage2/known-divergences/${name}`, JSON.stringify(entry));

  test('finds none where there is no directory', () => {
    expect(loadKnown(directory.path, 'stage2')).toEqual({ known: [], errors: [] });
  });

  test('reads every entry and names every bad file', () => {
    write('a.json', known());
    write('b.json', known({ id: 'other' }));
    write('c.json', known());
    write('d.json', { ...known(), when: { cpuVendor: [] } });
    write('e.json', { ...known({ id: 'e' }), match: { rules: ['x'], shape: '(' } });
    write('f.json', { ...known({ id: 'f' }), when: { kernelRelease: { from: 'new' } } });
    write('g.json', known({ id: 'g', when: { cpuVndor: 'GenuineIntel' } }));
    write('h.json', { ...known({ id: 'h' }), match: { rules: [] } });
    write('i.json', { ...known({ id: 'i' }), schema: 7 });
    const { known: loaded, errors } = loadKnown(directory.path, 'stage2', ableProfile());
    expect(loaded.map(({ id }) => id)).toEqual(['stale-accessed-bit', 'other']);
    expect(errors.map(({ line }) => line.replace(/^.*\//, ''))).toEqual([
      'c.json: $.id: stale-accessed-bit is the id of another file',
      'd.json: $.when.cpuVendor: expected a value, { "from": "6.1", "before": "6.12" } or { "regex": "…" }',
      'e.json: $.match.shape: not a regular expression',
      'f.json: $.when.kernelRelease: expected a value, { "from": "6.1", "before": "6.12" } or { "regex": "…" }',
      'g.json: $.when["cpuVndor"]: the profile has no such field',
      'h.json: $.match.rules: expected at least one rule',
      'i.json: $.schema: version 7 is not supported; this build reads version 1',
    ]);
  });
});
