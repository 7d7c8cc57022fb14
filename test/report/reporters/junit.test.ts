import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { HOSTILE, REPLAYS, reported } from '../../support/replayReport.js';
import { replayed } from '../../support/replayed.js';
import { parseXml, type XmlElement } from '../../support/xml.js';

function find(element: XmlElement, name: string): XmlElement[] {
  const own = element.name === name ? [element] : [];
  return [...own, ...element.children.flatMap((child) => find(child, name))];
}

const hostile = (): string => {
  const statuses = ['broken', 'skip', 'known', 'harness', 'ok'] as const;
  const replays = statuses.map((status) => ({ ...replayed(`corpus/${HOSTILE}`, status, HOSTILE), title: HOSTILE }));
  const refused = [{ file: HOSTILE, problem: HOSTILE }];
  return reported('junit', { replays, refused, broken: HOSTILE, target: HOSTILE });
};

describe('JUnit XML', () => {
  test('tells failures, errors and skips apart, and counts them', () => {
    const root = parseXml(reported('junit', { refused: [{ file: 'corpus/x.json', problem: 'truncated' }] }));
    const counts = { tests: String(REPLAYS.length + 1), failures: '3', errors: '3', skipped: '2' };
    expect(root).toMatchObject({ name: 'testsuites', attributes: counts });
    const outcomes = find(root, 'testcase').map(({ children: [child] }) => [child?.name, child?.attributes['type']]);
    expect(outcomes).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      ['skipped', 'known-divergence'],
      ['skipped', 'skip'],
      ['failure', 'divergence'],
      ['failure', 'hang'],
      ['failure', 'undecided'],
      ['error', 'harness'],
      ['error', 'missed'],
      ['error', 'refused'],
    ]);
  });

  test('gives each case its class, file and time, and each suite its machine', () => {
    const root = parseXml(reported('junit'));
    const [suite] = find(root, 'testsuite');
    expect(suite?.attributes).toMatchObject({ name: 'faultline.stage2', timestamp: '2026-01-02T03:04:05' });
    const [first] = find(root, 'testcase');
    const attributes = { classname: 'faultline.stage2', name: 'a', file: 'corpus/stage2/a.json', time: '0.012500' };
    expect(first?.attributes).toEqual(attributes);
    const properties = find(root, 'property').map(({ attributes: { name, value } }) => [name, value]);
    expect(Object.fromEntries(properties)).toMatchObject({
      target: 'local',
      kernelRelease: '6.12.9-generic',
      arch: 'x86_64',
      'features.uffdWp': 'true',
    });
  });

  test('says in a failure which sentence broke', () => {
    const [failure] = find(parseXml(reported('junit')), 'failure');
    expect(failure?.text).toContain('rule dirty.write: A page written by the guest is reported dirty.\n');
    expect(failure?.text).toContain('  observed: no page is dirty\n');
  });

  test('is well-formed whatever titles, files and reasons hold', () => {
    const root = parseXml(hostile());
    const [error] = find(root, 'error');
    expect(error?.attributes['message']).toContain(']]> <b a="1">&amp;\' \\u0000\\u001b[31m\\u0085');
    expect(error?.attributes['message']).toContain('🐧\\n# Subtest: x\\nnot ok 9');
    expect(find(root, 'b')).toEqual([]);
  });

  test('is well-formed in the eyes of another parser', ({ skip }) => {
    const script =
      'import sys, xml.etree.ElementTree as e; print(len(e.fromstring(sys.stdin.buffer.read()).findall(".//testcase")))';
    const { error, status, stdout, stderr } = spawnSync('python3', ['-c', script], {
      input: hostile(),
      encoding: 'utf8',
    });
    if (error !== undefined) skip(`python3 cannot be run: ${error.message}`);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '6\n', stderr: '' });
  });
});

describe('the reader of XML', () => {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  test.each([
    '<a>',
    '<a/><b/>',
    '<a></b>',
    '<a b="<"/>',
    '<a b="1" b="2"/>',
    '<a>&x;</a>',
    '<a>&</a>',
    '<a>]]></a>',
    '<a>\u0001</a>',
  ])('refuses %j', (text) => {
    expect(() => parseXml(head + text)).toThrow();
  });
});
