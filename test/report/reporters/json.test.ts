import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { REPLAY_STATUSES } from '../../../src/triage/replay.js';
import { problemsOf, readSchema, SCHEMAS } from '../../support/jsonSchema.js';
import { HOSTILE, REPLAYS, reported } from '../../support/replayReport.js';

const SCHEMA = 'replay.schema.json';
const whole = (): string =>
  reported('json', { refused: [{ file: HOSTILE, problem: HOSTILE }], broken: 'HARNESS: the target was lost' });

describe('the JSON of a replay', () => {
  test('is as its published schema says', () => {
    expect(problemsOf(SCHEMA, JSON.parse(whole()))).toEqual([]);
    expect(JSON.parse(whole())).toMatchObject({ cases: REPLAYS.map(({ status }) => ({ status })) });
  });

  test('is as the schema says in the eyes of another checker', ({ skip }) => {
    // The schemas refer to each other by file name.
    const script = `
import json, pathlib, sys
try:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
except ImportError as error:
    sys.exit(f"SKIP {error}")
files = pathlib.Path(sys.argv[1]).glob("*.schema.json")
registry = Registry().with_resources((f.name, Resource.from_contents(json.loads(f.read_text()))) for f in files)
schema = registry.contents(sys.argv[2])
Draft202012Validator.check_schema(schema)
print([e.message for e in Draft202012Validator(schema, registry=registry).iter_errors(json.load(sys.stdin))])
`;
    const options = { input: whole(), encoding: 'utf8' } as const;
    const { error, status, stdout, stderr } = spawnSync('python3', ['-c', script, SCHEMAS, SCHEMA], options);
    if (error !== undefined || stderr.startsWith('SKIP ')) skip(`python3 with jsonschema is not here: ${stderr}`);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
  });

  test('has a schema that knows every status', () => {
    const { oneOf } = readSchema('replay-status.schema.json') as { oneOf: { const: string }[] };
    expect(oneOf.map((entry) => entry.const)).toEqual(Object.keys(REPLAY_STATUSES));
  });

  test.each<[string, (report: { cases: Record<string, unknown>[] } & Record<string, unknown>) => void]>([
    ['$.id: is missing', (report) => delete report['id']],
    ['$.cases[0].status: expected "ok"', (report) => (report.cases[0] = { ...report.cases[0], status: 'fine' })],
    ['$.cases[0].extra: is not described', (report) => (report.cases[0] = { ...report.cases[0], extra: 1 })],
    ['$.durationMs: expected number', (report) => (report['durationMs'] = '7')],
    ['$.startedAt: expected a date and time', (report) => (report['startedAt'] = 'yesterday')],
    ['$.exitCode: 7 is none of the values', (report) => (report['exitCode'] = 7)],
  ])('the check finds %s', (problem, spoil) => {
    const report = JSON.parse(whole()) as { cases: Record<string, unknown>[] } & Record<string, unknown>;
    spoil(report);
    expect(problemsOf(SCHEMA, report)).toContain(problem);
  });
});
