import { describe, expect, test } from 'vitest';
import { FAMILIES } from '../../../src/campaign/families.js';
import { concludeRun } from '../../../src/report/html/head.js';
import { casesReport, runReport } from '../../../src/report/html/report.js';
import { aLeg, aRun } from '../../support/run.js';
import { access, simplestScenario } from '../../support/scenario.js';
import { aFinding } from '../../support/summary.js';

const HOSTILE = `</title></script><script>alert(1)</script><img src=x onerror=alert(1)>"' onfocus="alert(1)`;

const scenario = simplestScenario({
  steps: [access({ op: 'store' }), { kind: 'dirtyLog', action: 'get', region: 'data' }],
});
const mismatch = { rule: 'dirty.write', step: 1, expected: 'dirty in data: 0', observed: 'dirty in data: none' };
const finding = aFinding({ scenario, mismatches: [mismatch], verdict: { kind: 'divergence', mismatches: [mismatch] } });

function aCase(title: string, file = 'corpus/stage2/a.json') {
  const value = {
    schema: 1,
    kind: 'finding',
    family: 'stage2',
    title,
    note: title,
    signature: title,
    rules: [{ id: title, sentence: title }],
    scenario,
    timeline: [{ step: title, expected: [title], observed: [title] }],
    found: {
      seed: 1,
      path: title,
      minimized: title,
      profile: { kernelRelease: title },
      reproduction: { tries: 1, hits: 1, freshTries: 0, freshHits: 0 },
    },
  } as const;
  return { file, case: { ...value, rules: [...value.rules], timeline: value.timeline.map(plainRow) } };
}

function plainRow(row: { step: string; expected: readonly string[]; observed: readonly string[] }) {
  return { step: row.step, expected: [...row.expected], observed: [...row.observed] };
}

/** The page without what it brings itself, which has text of its own. */
function bodyOf(page: string): string {
  return page.replace(/<style>.*?<\/style>/s, '').replace(/<script>\n'use strict'.*?<\/script>/s, '');
}

describe('the verdict in one sentence', () => {
  const sentence = (changes: Parameters<typeof aRun>[0]) => concludeRun(aRun(changes)).sentence;

  test('nothing found', () => {
    expect(sentence({ legs: [aLeg({ known: {} })] })).toBe(
      'No untriaged finding in 842,208 scenarios on 6.12.9-generic.',
    );
    expect(sentence({})).toContain('3 divergences are known.');
  });

  test('found', () => {
    expect(sentence({ findings: [finding] })).toBe('1 untriaged finding in 842,208 scenarios on 6.12.9-generic.');
    expect(sentence({ findings: [{ ...finding, known: 'old' }] })).toMatch(/^No untriaged finding/);
  });

  test('a tool that failed, was blind, or ran nothing has shown nothing', () => {
    expect(
      sentence({ canary: { family: 'stage2', target: 'local', plants: [], caught: false, detail: 'why' } }),
    ).toMatch(/^The run is broken/);
    expect(sentence({ legs: [aLeg({ harness: { 'no worker': 1 } })] })).toMatch(/^The tool itself failed/);
    expect(sentence({ legs: [] })).toBe('No scenario ran.');
    expect(sentence({ legs: [aLeg({ scenarios: 12 })] })).toMatch(/^Each of 12 scenarios .* was skipped/);
  });
});

describe('the page of a campaign', () => {
  const page = runReport(aRun({ findings: [finding], occurrences: { [finding.signature]: 7 } }), FAMILIES);

  test('asks for nothing from elsewhere, and lets no foreign script run', () => {
    expect(page).not.toMatch(/<(?:link|img|iframe|object|embed|base)\b|\ssrc=|url\(|@import|https?:/);
    expect(page).toMatch(
      /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-/,
    );
  });

  test('has every chapter, each reachable from the head', () => {
    for (const anchor of ['findings', 'rules', 'pairs', 'time', 'counts']) {
      expect(page).toContain(`href="#${anchor}"`);
      expect(page).toContain(`<h2 id="${anchor}"`);
    }
  });

  test('leads nowhere that is not there, and names nothing twice', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target = ''] of page.matchAll(/href="#([^"]+)"|aria-describedby="([^"]+)"/g))
      if (target !== '') expect(ids).toContain(target);
  });

  test('tells a finding: the broken rule in words, both sides, where, how often, and what to type next', () => {
    for (const text of [
      'A page written by the guest since the last reset of its dirty state is reported dirty.',
      'contract; source: ',
      'dirty in data: none',
      'step 2',
      'came back in 9 of 10 tries',
      '7 times',
      'faultline show corpus/stage2/dirty.write-00000000.json',
      'faultline export corpus/stage2/dirty.write-00000000.json --format c',
      'Steps against pages: 2 columns, data.',
    ])
      expect(page).toContain(text);
    expect(page.match(/<tr class="broken">/g)).toHaveLength(1);
  });

  test('leads to a C file only where one can be written', () => {
    const other = aCase('a fork', 'corpus/uffd/a.json');
    const uffd = casesReport([{ ...other, case: { ...other.case, family: 'uffd' } }], FAMILIES);
    expect(uffd).toContain('faultline show corpus/uffd/a.json');
    expect(uffd).not.toContain('faultline export');
  });

  test('shows coverage: what never decided, what never met, and what cannot meet', () => {
    expect(page).toMatch(/class="cell never" href="#rule-1-uffd\.missing"/);
    expect(page).toContain('vcpus 1 × tracking ring: never');
    expect(page).toContain('14 of 15 possible pairs of values were seen; 1 cannot occur.');
  });

  test('tells how calls ended, what of it is documented and was not seen, and what cannot be', () => {
    expect(page).toContain('<th scope="row">COPY</th><td>ok 1,200, EEXIST 3</td>');
    expect(page).toContain('<li>COPY EPERM, MOVE EBUSY</li>');
    expect(page).toContain('<li>MOVE ENOMEM: cannot be here, there is always room</li>');
  });

  test('every cell of a table has its column or row named', () => {
    for (const [, head = ''] of page.matchAll(/<thead>(.*?)<\/thead>/gs))
      expect(head).not.toMatch(/<th(?! scope="col")[ >]/);
    for (const [, rows = ''] of page.matchAll(/<tbody>(.*?)<\/tbody>/gs))
      expect(rows).not.toMatch(/<th(?! scope="row")[ >]/);
  });
});

test('text of a case file stays text wherever it is shown', () => {
  const page = bodyOf(casesReport([aCase(HOSTILE), aCase(HOSTILE, HOSTILE)], FAMILIES));
  expect(page).not.toMatch(/<script|<img|onfocus="|onerror=alert\(1\)>"/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('text of a run stays text, too', () => {
  const hostile = aFinding({
    signature: HOSTILE,
    known: HOSTILE,
    verdict: { kind: 'crash', detail: HOSTILE },
    mismatches: [],
    minimized: HOSTILE,
    file: HOSTILE,
    scenario: { HOSTILE },
  });
  const leg = aLeg({
    target: HOSTILE,
    skips: { [HOSTILE]: 1 },
    known: { [HOSTILE]: 1 },
    harness: { [HOSTILE]: 1 },
    applicable: [HOSTILE],
    outcomes: { counts: { [HOSTILE]: 1 }, documented: [{ name: HOSTILE }, { name: 'a b', impossible: HOSTILE }] },
  });
  const run = aRun({ findings: [hostile], legs: [leg, leg], problems: [HOSTILE], directory: HOSTILE });
  const page = bodyOf(runReport(run, FAMILIES));
  expect(page).not.toMatch(/<script|<img|onfocus="/);
});

test('a finding whose scenario is lost, or of no family that there is, is told all the same', () => {
  const lost = aFinding({
    scenario: null,
    timeline: [],
    mismatches: [],
    verdict: { kind: 'crash', detail: 'gone\nlast words' },
  });
  const foreign = aFinding({ family: 'other', scenario: { what: 'ever' } });
  const page = runReport(aRun({ findings: [lost, foreign] }), FAMILIES);
  expect(page).toContain('last words');
  expect(page).toContain('2 untriaged findings');
});

test('a family without a picture of its own gets one of the numbered things that its words name', () => {
  const timeline = [{ step: 'wake thread[1]', expected: [], observed: ['thread[0] runs'] }];
  const page = runReport(aRun({ findings: [aFinding({ family: 'other', timeline, mismatches: [] })] }), FAMILIES);
  expect(page).toContain('Steps against pages: 1 column, thread.');
});

test('such words may name pages without a region, and ranges of them', () => {
  const timeline = [
    { step: 'UFFDIO_COPY [1..3]', expected: [], observed: [] },
    { step: 'end', expected: [], observed: ['entry of page 7: nothing'] },
  ];
  const page = runReport(aRun({ findings: [aFinding({ family: 'other', timeline, mismatches: [] })] }), FAMILIES);
  expect(page).toContain('Steps against pages: 2 columns, page.');
  expect(page.match(/●/g)).toHaveLength(4);
});

test('five hundred findings are a file that can still be sent', () => {
  const findings = Array.from({ length: 500 }, (_, i) => ({ ...finding, signature: `stage2/dirty.write/shape ${i}` }));
  const page = runReport(aRun({ findings }), FAMILIES);
  expect(page.match(/<details class="finding"/g)).toHaveLength(500);
  expect(page.match(/<details class="finding" id="[^"]+" open/g)).toHaveLength(10);
  expect(Buffer.byteLength(page)).toBeLessThan(5 * 2 ** 20);
});
