import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faultline } from '../support/faultline.js';
import { problemsOf, readSchema, schemaNames } from '../support/jsonSchema.js';
import { needsKvm } from '../support/kvm.js';
import { temporaryDirectory } from '../support/temporary.js';

const TIMEOUT_MS = 120_000;
const CORPUS = fileURLToPath(new URL('../../corpus', import.meta.url));
const CASES = ['stage2/page-fault-test/access-read64-af-cpl3.json', 'stage2/readonly.poison-address-b5078599.json'];
const directory = temporaryDirectory();

const cases = CASES.map((name) => join(CORPUS, name));
const commands: readonly [string, readonly string[], boolean][] = [
  ['doctor.schema.json', ['doctor', '--json'], true],
  ['doctor.schema.json', ['doctor', '--json', '--target', 'qemu:arm64', '--kernel', '/nowhere'], false],
  ['matrix.schema.json', ['matrix', ...cases, '--corpus', CORPUS, '--targets', 'local', '--format', 'json'], true],
  ['replay.schema.json', ['replay', ...cases, '--corpus', CORPUS, '--json', '--times', '2'], true],
  [
    'replay.schema.json',
    ['replay', ...cases, 'nowhere.json', '--json', '--target', 'qemu:arm64', '--kernel', '/nowhere'],
    false,
  ],
  ['rules.schema.json', ['rules', '--json'], false],
  ['fuzz.schema.json', ['fuzz', '--runs', '100', '--seed', '7', '--workers', '1', '--json'], true],
  ['triage.schema.json', ['triage', '--corpus', CORPUS, '--json'], false],
];

describe('what --json prints is as its published schema says', { timeout: TIMEOUT_MS }, () => {
  test.for(commands)('%s: %j', async ([schema, args, kvm], { skip }) => {
    if (kvm) needsKvm(skip);
    const { stdout } = await faultline(args, { cwd: directory.path });
    expect(problemsOf(schema, JSON.parse(stdout))).toEqual([]);
  });

  test('a run has its summary in the form of what fuzz prints, and triage reads its findings', async ({ skip }) => {
    needsKvm(skip);
    const options = ['--runs', '300', '--seed', '7', '--workers', '1', '--plant', 'model:dirty.write'];
    await faultline(['fuzz', ...options, '--run-dir', 'found'], { cwd: directory.path });
    const summary = JSON.parse(readFileSync(join(directory.path, 'found', 'summary.json'), 'utf8')) as object;
    expect(summary).toMatchObject({ findings: expect.arrayContaining([expect.anything()]) as unknown });
    expect(problemsOf('fuzz.schema.json', summary)).toEqual([]);
    const { stdout } = await faultline(['triage', '--corpus', CORPUS, '--run', 'found', '--json'], {
      cwd: directory.path,
    });
    const triage = JSON.parse(stdout) as object;
    expect(triage).toMatchObject({
      buckets: expect.arrayContaining([expect.objectContaining({ state: 'new' })]) as unknown,
    });
    expect(problemsOf('triage.schema.json', triage)).toEqual([]);
  });

  test('every schema is of the same draft and has a title', () => {
    const draft = 'https://json-schema.org/draft/2020-12/schema';
    expect(schemaNames().map((name) => readSchema(name))).toEqual(
      schemaNames().map(
        () => expect.objectContaining({ $schema: draft, title: expect.any(String) as string }) as object,
      ),
    );
  });
});
