import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/corpus/case.js';
import { formatJson } from '../../src/corpus/format.js';
import { CORPUS } from '../corpus-cases/corpus.js';
import { faultline } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';
import { temporaryDirectory } from '../support/temporary.js';

const TIMEOUT_MS = 300_000;
const FOUND = 'stage2/arm.register-extend-8056cde6.json';
const KNOWN = 'stage2/known-divergences/mmio-load-loses-its-sign.json';
const REASON = ['--reason', 'KVM cuts the value off behind the extension.'];

const directory = temporaryDirectory();
const run = (...args: string[]) => faultline(args, { cwd: directory.path });
const read = (name: string): string => readFileSync(join(directory.path, name), 'utf8');
const there = (name: string): boolean => existsSync(join(directory.path, name));

/** Copies files of the corpus into the one of the test. */
function copy(...names: readonly string[]): void {
  for (const name of names) {
    const to = join(directory.path, 'corpus', name);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(CORPUS, name), to);
  }
}

function caseOf(name: string): Case {
  return JSON.parse(readFileSync(join(CORPUS, name), 'utf8')) as Case;
}

function write(name: string, changes: Partial<Case>): void {
  directory.write(`corpus/stage2/${name}.json`, formatJson({ ...caseOf(FOUND), ...changes }));
}

describe('triage', { timeout: TIMEOUT_MS }, () => {
  test('lists what is open, and ends with 1 as long as anything is', async () => {
    copy(FOUND, 'stage2/page-fault-test/access-read64-af-cpl3.json');
    const { code, stdout } = await run('triage');
    expect(stdout).toMatch(/^8056cde6 {2}new +1 +[\d.]+ % .* corpus\/stage2\/arm\.register-extend-8056cde6\.json$/m);
    expect(stdout).toMatch(/\n1 bucket: 1 new\n$/);
    expect(code).toBe(1);
    copy(KNOWN);
    const known = await run('triage', '--json');
    const bucket = {
      id: '8056cde6',
      state: 'known',
      known: 'mmio-load-loses-its-sign',
      rules: ['arm.register-extend'],
    };
    expect(JSON.parse(known.stdout)).toMatchObject({ report: 'triage', exitCode: 0, buckets: [bucket] });
    expect(known.code).toBe(0);
  });

  test('names what it cannot read', async () => {
    directory.write('corpus/stage2/a.json', '{');
    const { code, stderr } = await run('triage');
    expect(stderr).toMatch(/^corpus\/stage2\/a\.json: /);
    expect(code).toBe(2);
  });

  test('show tells the whole story, and commands to go on with', async () => {
    copy(FOUND);
    write('uffd.dirty', { signature: 'stage2/dirty.write/dirty get data at CPL0' });
    const { code, stdout } = await run('triage', 'show', '8056');
    expect(stdout).toMatch(/^broken rule: arm\.register-extend: A load fills its register up/m);
    expect(stdout).toContain('faultline minimize corpus/stage2/arm.register-extend-8056cde6.json\n');
    expect(stdout).toContain('faultline report 8056cde6\n');
    expect(stdout).toContain('faultline triage known 8056cde6 --reason "…"\n');
    expect(stdout).toContain('faultline export corpus/stage2/arm.register-extend-8056cde6.json --format c');
    expect(code).toBe(1);
  });

  test('show leads to the C file of a case for x86', async () => {
    copy('stage2/readonly.poison-address-b5078599.json');
    const { stdout } = await run('triage', 'show', 'b5078599');
    expect(stdout).toContain('faultline export corpus/stage2/readonly.poison-address-b5078599.json --format c\n');
  });
});

describe('triage known', { timeout: TIMEOUT_MS }, () => {
  const known = (...args: string[]) => run('triage', 'known', '8056cde6', ...args);
  const DIRECTORY = 'corpus/stage2/known-divergences';

  test('writes a file that labels the bucket from then on, and never overwrites one', async () => {
    copy(FOUND);
    const dry = await known(...REASON, '--dry-run');
    expect(dry.stdout).toContain('labels:   1 finding of the corpus, and no pinned case\n');
    expect([dry.code, there(DIRECTORY)]).toEqual([0, false]);

    const written = await known(...REASON, '--id', 'sign', '--source', 'mmio.c', '--when', 'kernelRelease=6.1..7.2');
    expect(written.stdout).toContain(`recorded: ${DIRECTORY}/sign.json\n`);
    expect(JSON.parse(read(`${DIRECTORY}/sign.json`))).toMatchObject({
      explanation: REASON[1],
      source: 'mmio.c',
      when: { kernelRelease: { from: '6.1', before: '7.2' } },
      match: { rules: ['arm.register-extend'], shape: '^load MMIO at EL1$' },
    });
    expect((await run('triage')).stdout).toMatch(/\n1 bucket: 1 known\n$/);
    const again = await known(...REASON);
    expect(again).toMatchObject({ code: 2, stderr: 'faultline: bucket 8056cde6 is known already: sign\n' });
  });

  test('does not take the place of another entry', async () => {
    copy(FOUND);
    const present = directory.write(
      `${DIRECTORY}/sign.json`,
      readFileSync(join(CORPUS, KNOWN), 'utf8').replace('7.2', '6.2'),
    );
    const before = readFileSync(present, 'utf8');
    const { code, stderr } = await known(...REASON, '--id', 'sign');
    expect(stderr).toContain('nothing is overwritten');
    expect(code).toBe(2);
    expect(readFileSync(present, 'utf8')).toBe(before);
  });

  test('refuses to label a pinned case, which says that this was mended', async () => {
    copy(FOUND);
    write('mended', { kind: 'pinned' });
    const { code, stderr } = await known(...REASON);
    expect(stderr).toContain(
      'it would label a pinned case, which says that this was mended: corpus/stage2/mended.json',
    );
    expect([code, there(DIRECTORY)]).toEqual([2, false]);
    expect((await known(...REASON, '--when', 'arch=x86_64')).code).toBe(0);
  });

  test.each([
    [[], 'a known divergence needs its explanation: give it with --reason'],
    [['--reason', ' '], 'a known divergence needs its explanation: give it with --reason'],
    [[...REASON, '--when', 'paging'], 'paging: expected field=value, such as paging=shadow or kernelRelease=6.1..6.12'],
    [[...REASON, '--when', 'kernelRelease=6.12..6.1'], 'kernelRelease=6.12..6.1: 6.12 is not before 6.1'],
    [[...REASON, '--when', 'cpuModel=/(/'], '$.when'],
    [[...REASON, '--id', '../x'], '$.id'],
  ])('%j is refused', async (args, sentence) => {
    copy(FOUND);
    const { code, stderr } = await known(...args);
    expect(stderr).toContain(sentence);
    expect([code, there(DIRECTORY)]).toEqual([2, false]);
  });
});

describe('dedupe', { timeout: TIMEOUT_MS }, () => {
  test('says what it would remove, and removes it when it is told to, but nothing pinned', async () => {
    copy(FOUND, 'stage2/arm.register-extend-8d8d2fee.json');
    write('copy', { title: 'the same', note: '' });
    write('pinned', { kind: 'pinned' });
    write('pinned-again', { kind: 'pinned', title: 'the same' });
    const before = readdirSync(join(directory.path, 'corpus/stage2'));
    const dry = await run('dedupe');
    expect(dry.stdout).toBe(
      [
        'corpus/stage2/arm.register-extend-8056cde6.json',
        '  would go  corpus/stage2/copy.json: the same signature; nothing tells them apart',
        'corpus/stage2/pinned-again.json',
        '  stays     corpus/stage2/pinned.json: the same scenario; nothing tells them apart; pinned cases are yours to remove',
        '  would go  corpus/stage2/arm.register-extend-8056cde6.json: the same scenario; the other one is pinned',
        '',
        '5 cases: 3 duplicates, 2 to be removed with --write',
        '',
      ].join('\n'),
    );
    expect([dry.code, readdirSync(join(directory.path, 'corpus/stage2'))]).toEqual([1, before]);

    const done = await run('dedupe', '--write', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({ report: 'dedupe', exitCode: 0, cases: 5 });
    expect(done.code).toBe(0);
    const left = readdirSync(join(directory.path, 'corpus/stage2'));
    expect(left).toEqual(['arm.register-extend-8d8d2fee.json', 'pinned-again.json', 'pinned.json']);
    expect((await run('dedupe')).code).toBe(0);
  });

  test('does not take a file that it reaches on two ways for two', async () => {
    copy(FOUND);
    const { code, stdout } = await run('dedupe', 'corpus', join(directory.path, 'corpus'), '--write');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 case: 0 duplicates\n' });
    expect(there(`corpus/${FOUND}`)).toBe(true);
  });

  test('lists what matches on a target by now, and removes it only when that is asked for', async ({ skip }) => {
    needsKvm(skip);
    const pinned = caseOf('stage2/page-fault-test/access-read64-af-cpl3.json');
    directory.write('corpus/stage2/gone.json', formatJson({ ...pinned, kind: 'finding' }));
    const [list, wish] = [
      await run('dedupe', '--target', 'local', '--write'),
      await run('dedupe', '--target', 'local', '--remove-gone'),
    ];
    expect(list.stdout).toBe(
      'gone on local\n  stays     corpus/stage2/gone.json: it matched in all of 15 executions\n\n1 case: 0 duplicates, 1 gone on local\n',
    );
    expect([list.code, wish.code, there('corpus/stage2/gone.json')]).toEqual([0, 1, true]);
    const removed = await run('dedupe', '--target', 'local', '--remove-gone', '--write');
    expect(removed.stdout).toContain('  removed   corpus/stage2/gone.json');
    expect([removed.code, there('corpus/stage2/gone.json')]).toEqual([0, false]);
  });
});

describe('a finding of a planted fault, on KVM', { timeout: TIMEOUT_MS }, () => {
  test.for([
    ['driver:drop_dirty_bit', 'dirty.write'],
    // A model that expects no dirty page takes the one that is reported for one too many.
    ['model:dirty.write', 'dirty.untouched'],
  ] as const)('%s is minimized and explained', async ([plant, rule], { skip }) => {
    needsKvm(skip);
    const regression = 'corpus/stage2/regressions/log-turned-on-cpl0.json';
    copy(regression.replace('corpus/', ''));
    const pinned = await run('minimize', regression, '--plant', plant, '--workers', '1');
    expect(pinned.stderr).toContain('a pinned case is never replaced');
    directory.write('finding.json', read(regression).replace('"pinned"', '"finding"'));
    const smaller = await run('minimize', 'finding.json', '--plant', plant, '--workers', '1', '--json');
    const {
      end,
      before,
      now,
      case: value,
    } = JSON.parse(smaller.stdout) as {
      readonly end: string;
      readonly before: { readonly steps: number; readonly complexity: number };
      readonly now: { readonly steps: number; readonly complexity: number };
      readonly case: Case;
    };
    expect(end).toBe('minimal');
    expect(now.complexity).toBeLessThan(before.complexity);
    expect(value.rules.map(({ id }) => id)).toContain(rule);
    expect([smaller.code, JSON.parse(read('finding.json'))]).toEqual([1, value]);

    const explained = await run('explain', 'finding.json', '--plant', plant, '--workers', '1');
    expect(explained.stdout).toMatch(/^Matters$/m);
    // Without the write there is nothing that the log must have.
    expect(explained.stdout).toMatch(/^ +step \d+: left out passes/m);
    expect(explained.code).toBe(1);
    const healthy = await run('explain', 'finding.json', '--workers', '1');
    expect(healthy.stdout).toMatch(/^It does not fail here with its signature/);
    expect(healthy.code).toBe(0);
  });
});
