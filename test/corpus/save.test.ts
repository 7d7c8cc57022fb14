import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/corpus/case.js';
import { loadCases } from '../../src/corpus/load.js';
import { SaveError, caseFileName, saveCase } from '../../src/corpus/save.js';
import { access, simplestScenario } from '../support/scenario.js';
import { temporaryDirectory, withTmpfs } from '../support/temporary.js';

const directory = temporaryDirectory();
const parse = (json: unknown): unknown => json;

function finding(changes: Partial<Case> = {}): Case {
  return {
    schema: 1,
    kind: 'finding',
    family: 'stage2',
    title: 'a load reads something else',
    note: '',
    signature: 'stage2/mem.read/load anon',
    rules: [{ id: 'mem.read', sentence: 'A load returns what is there.' }],
    scenario: simplestScenario(),
    ...changes,
  };
}

const withSteps = (count: number): Partial<Case> => ({
  scenario: simplestScenario({ steps: Array.from({ length: count }, () => access()) }),
});

function stored(): Case[] {
  const { cases, errors } = loadCases([directory.path], { stage2: parse });
  expect(errors).toEqual([]);
  return cases.map((loaded) => loaded.case);
}

describe('the file', () => {
  test('is named after its rules and its signature', () => {
    expect(caseFileName(finding())).toMatch(/^mem\.read-[0-9a-f]{8}\.json$/);
    const alsoBroken = { rules: [{ id: 'dirty.write', sentence: '' }] };
    expect(caseFileName(finding({ title: 'another', ...alsoBroken }))).toBe(caseFileName(finding()));
    expect(caseFileName(finding({ signature: 'stage2/mem.read/other' }))).not.toBe(caseFileName(finding()));
  });

  test.each(['../../etc/passwd', 'a/b', '', '\n\u001b[2J', '.hidden', 'x'.repeat(1000), 'Ünïcode'])(
    'stays one plain name for the rule %j',
    (id) => {
      const name = caseFileName(finding({ signature: `stage2/${id}/x` }));
      expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]*-[0-9a-f]{8}\.json$/);
      expect(name.length).toBeLessThan(100);
    },
  );

  test('is below its family, holds the case, and is alone', () => {
    const { file, written } = saveCase(directory.path, finding(), parse);
    expect(written).toBe(true);
    expect(file).toBe(join(directory.path, 'stage2', caseFileName(finding())));
    expect(readdirSync(join(directory.path, 'stage2'))).toEqual([caseFileName(finding())]);
    expect(stored()).toEqual([finding()]);
  });
});

describe('a case of the same signature', () => {
  test('is replaced by a smaller scenario only', () => {
    const kept = (count: number): boolean => saveCase(directory.path, finding(withSteps(count)), parse).written;
    expect([kept(3), kept(4), kept(3), kept(2), kept(3)]).toEqual([true, false, false, true, false]);
    expect(stored()).toEqual([finding(withSteps(2))]);
  });

  test('is replaced by one of its size when the caller may', () => {
    const { file } = saveCase(directory.path, finding(), parse);
    const better = finding({ note: 'known better by now' });
    expect(saveCase(directory.path, better, parse, (name) => name === file)).toEqual({ file, written: true });
    expect(stored()).toEqual([better]);
    const bigger = finding(withSteps(2));
    expect(saveCase(directory.path, bigger, parse, () => true).written).toBe(false);
  });

  test('is not replaced when it is pinned', () => {
    const pinned = finding({ kind: 'pinned', ...withSteps(5) });
    saveCase(directory.path, pinned, parse);
    saveCase(directory.path, finding(), parse);
    expect(stored()).toHaveLength(2);
    expect(stored()).toContainEqual(pinned);
  });

  test('is replaced when its file is damaged', () => {
    const { file } = saveCase(directory.path, finding(), parse);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 50));
    expect(saveCase(directory.path, finding(withSteps(9)), parse)).toEqual({ file, written: true });
    expect(stored()).toEqual([finding(withSteps(9))]);
  });
});

describe('a case that cannot be written', () => {
  const failure = (corpus: string, value = finding()): unknown => {
    try {
      return saveCase(corpus, value, parse);
    } catch (error) {
      return error;
    }
  };

  test('to a full disk is a SaveError, leaves no rubbish, and keeps the old file', async ({ skip }) => {
    const mount = join(directory.path, 'full');
    const reason = await withTmpfs(mount, 'size=64k', () => {
      const { file } = saveCase(mount, finding(withSteps(8)), parse);
      const before = readFileSync(file, 'utf8');
      try {
        writeFileSync(join(mount, 'ballast'), Buffer.alloc(1024 * 1024));
      } catch {
        // It fills the disk, and fails.
      }
      const error = failure(mount);
      expect(error).toBeInstanceOf(SaveError);
      expect(error).toMatchObject({ code: 'ENOSPC', message: `${file} could not be saved: the disk is full` });
      expect(readdirSync(join(mount, 'stage2'))).toEqual([caseFileName(finding())]);
      expect(readFileSync(file, 'utf8')).toBe(before);
    });
    if (reason !== undefined) skip(reason);
  });

  test('to a read-only file system is a SaveError', async ({ skip }) => {
    const mount = join(directory.path, 'readonly');
    const reason = await withTmpfs(mount, 'ro', () => {
      expect(failure(mount)).toMatchObject({ name: 'SaveError', code: 'EROFS' });
    });
    if (reason !== undefined) skip(reason);
  });

  test('because a file is where the directory should be is a SaveError', () => {
    directory.write('corpus', 'a file');
    expect(failure(join(directory.path, 'corpus'))).toMatchObject({ name: 'SaveError', code: 'ENOTDIR' });
  });

  test('because a directory has its name is a SaveError', () => {
    mkdirSync(join(directory.path, 'stage2', caseFileName(finding()), 'in the way'), { recursive: true });
    expect(failure(directory.path)).toMatchObject({ name: 'SaveError', code: 'EISDIR' });
  });
});
