import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConsoleWatch, lastWords } from '../../src/campaign/kernel/console.js';
import type { Finding } from '../../src/campaign/types.js';
import { temporaryDirectory } from '../support/temporary.js';
import { campaign, removeRunDirs, stepsOf } from './harness.js';

const directory = temporaryDirectory();
afterAll(removeRunDirs);

function only(findings: readonly Finding[]): Finding {
  const [finding, ...others] = findings;
  if (finding === undefined || others.length > 0) throw new Error(`expected one finding, got ${findings.length}`);
  return finding;
}

describe('a target that is lost', { timeout: 120_000 }, () => {
  test('is a finding with the scenario that did it, among those that were in flight', async () => {
    const { summary } = await campaign({ faults: { lose: 42 }, options: { runs: 12, workers: 1 } });
    const finding = only(summary.findings);
    expect(finding.verdict).toEqual({ kind: 'crash', detail: 'the target died\nfake: is gone' });
    expect(stepsOf(finding.original)).toContain(42);
    expect(stepsOf(finding.scenario)).toEqual([42]);
    expect(finding.reproduction).toMatchObject({ freshTries: 2, freshHits: 2 });
    expect(summary.workerRestarts).toBeGreaterThan(1);
    expect(summary.scenarios).toBe(12);
    expect(summary.harness).toEqual([]);
  });

  test('is a hang when it is only silent', async () => {
    const { summary } = await campaign({ faults: { lose: 42, loseSilently: true }, options: { runs: 5, workers: 1 } });
    const finding = only(summary.findings);
    expect(finding.verdict).toMatchObject({ kind: 'hang', detail: 'the target gave no sign of life\nfake: is gone' });
    expect(stepsOf(finding.original)).toContain(42);
  });

  test('is a finding, too, when none of the scenarios does it again', async () => {
    const faults = { lose: 42, loseOnce: join(directory.path, 'lost') };
    const { summary } = await campaign({ faults, options: { runs: 20, workers: 1 } });
    const finding = only(summary.findings);
    expect(finding).toMatchObject({ signature: 'fake/crash/no scenario alone', scenario: null });
    expect(finding.minimized).toMatch(/^not minimized: .*runs \d+ to \d+ of seed -?\d+ .* none of them alone/);
    expect(summary.workerRestarts).toBe(1);
    expect(summary.scenarios).toBe(20);
    expect(summary.harness).toEqual([]);
  });
});

describe('a console', () => {
  const pid = 7;
  const read = (watch: ConsoleWatch): string[] => {
    watch.poll([pid]);
    return watch.take().flatMap(({ report }) => report.lines);
  };

  test('is watched from its beginning, as it grows, without what the kernel puts before each line', () => {
    const path = join(directory.path, 'console.log');
    const watch = new ConsoleWatch(() => path);
    expect(read(watch)).toEqual([]);
    appendFileSync(
      path,
      '[    1.000000] booted\r\n[    2.000000][    T9] WARNING: CPU: 0 PID: 9 at mmu.c:1 made_up\r\n',
    );
    appendFileSync(path, '[    2.000001] Call Trace:\r\n[    2.000002] ---[ end tra');
    expect(read(watch)).toEqual([]);
    appendFileSync(path, 'ce 0000000000000000 ]---\r\n');
    const lines = ['WARNING: CPU: 0 PID: 9 at mmu.c:1 made_up', 'Call Trace:', '---[ end trace 0000000000000000 ]---'];
    expect(read(watch)).toEqual(lines);
    expect(watch.linesAbout(pid)).toEqual(lines);
    expect(watch.linesAbout(8)).toEqual([]);
    expect(read(watch)).toEqual([]);
  });

  test('has its last report taken at the end', () => {
    const path = join(directory.path, 'console.log');
    const watch = new ConsoleWatch((of) => (of === pid ? path : undefined));
    appendFileSync(path, '[    1.0] BUG: something\n');
    expect(read(watch)).toEqual([]);
    watch.close();
    expect(watch.take()).toMatchObject([{ pid, report: { lines: ['BUG: something'] } }]);
  });

  test('says last what the trouble was, or else the last that there was', () => {
    const path = join(directory.path, 'console.log');
    expect(lastWords(path)).toEqual([]);
    const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `[    2.0] line ${i}`);
    appendFileSync(path, `${numbered(100).join('\r\n')}\r\n`);
    expect(lastWords(path)).toEqual(numbered(100).slice(-40));
    const panic = '[    3.000000] Kernel panic - not syncing: made up';
    appendFileSync(path, `${[panic, ...numbered(60)].join('\n')}\n`);
    expect(lastWords(path)).toEqual([panic, ...numbered(39)]);
  });

  test('of a worker that is gone is forgotten', () => {
    const path = join(directory.path, 'console.log');
    const watch = new ConsoleWatch(() => path);
    appendFileSync(path, 'Kernel panic - not syncing: made up\n');
    watch.poll([pid]);
    watch.poll([]);
    watch.close();
    expect(watch.take()).toEqual([]);
  });
});
