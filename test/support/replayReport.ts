import type { ReplayReporter, CaseResult, SuiteFacts, Write } from '../../src/report/reporters/reporter.js';
import { REPORTERS, type ReporterName } from '../../src/report/reporters/reporters.js';
import { ruleBook } from '../../src/report/rules.js';
import type { Replayed } from '../../src/triage/replay.js';
import { replayed } from './replayed.js';
import { ableProfile } from './scenario.js';

/** Text that no format takes as it is. */
export const HOSTILE =
  'ok 1 # SKIP ]]> <b a="1">&amp;\' \u0000\u001b[31m\u0085\ufffe\ud800 \u2028 🐧\n# Subtest: x\nnot ok 9\r\n1..0\tend';

const RULES = ruleBook([
  {
    id: 'dirty.write',
    sentence: 'A page written by the guest is reported dirty.',
    tier: 'contract',
    source: 'api.rst',
  },
]);

export const SUITE: SuiteFacts = {
  family: 'stage2',
  profile: ableProfile(),
  rules: RULES,
  known: [
    {
      schema: 1,
      id: 'stale-read',
      title: 'Reads are stale',
      explanation: 'The cache is not told.',
      source: 'api.rst',
      when: {},
      match: { rules: ['dirty.write'] },
    },
  ],
};

const mismatch = { rule: 'dirty.write', step: 1, expected: 'page 0 is dirty', observed: 'no page is dirty' };

/** Results of every status there is. */
export const REPLAYS: readonly Replayed[] = [
  replayed('corpus/stage2/a.json', 'ok'),
  { ...replayed('corpus/stage2/b.json', 'gone', 'no longer fails'), kind: 'finding' },
  { ...replayed('corpus/stage2/c.json', 'known', 'stale-read: divergence: dirty.write'), known: 'stale-read', hits: 1 },
  replayed('corpus/stage2/d.json', 'skip', 'needs aarch64'),
  {
    ...replayed('corpus/stage2/e.json', 'broken', 'divergence: dirty.write'),
    hits: 1,
    verdicts: [{ kind: 'match' }, { kind: 'divergence', mismatches: [mismatch] }],
  },
  {
    ...replayed('corpus/stage2/f.json', 'fails', 'still fails: hang in step 1: silent'),
    verdicts: [{ kind: 'hang', step: 0, detail: 'silent\nlast words' }],
  },
  replayed('corpus/stage2/g.json', 'undecided', 'decides nothing'),
  replayed('corpus/stage2/h.json', 'harness', 'the codec is wrong'),
  { ...replayed('corpus/stage2/i.json', 'missed', 'the guest is gone'), times: 0 },
];

export function caseResult(
  result: Replayed,
  name = result.file.replace(/^corpus\//, '').replace(/\.json$/, ''),
): CaseResult {
  return {
    name: name.replaceAll('/', '.'),
    replayed: result,
    steps: 2,
    startedAt: new Date('2026-01-02T03:04:05.678Z'),
    durationMs: 12.5,
  };
}

export interface Told {
  readonly replays?: readonly Replayed[];
  readonly refused?: readonly { readonly file: string; readonly problem: string }[];
  readonly broken?: string;
  readonly target?: string;
}

/** Tells a reporter of a whole replay. */
export function tellAll(reporter: ReplayReporter, { replays = REPLAYS, refused = [], broken, target = 'local' }: Told) {
  const startedAt = new Date('2026-01-02T03:04:05.000Z');
  reporter.begin({ id: 'run1', target, startedAt, times: 1, planned: replays.length + refused.length });
  for (const { file, problem } of refused) reporter.refused({ name: 'x', file, problem, line: `${file}: ${problem}` });
  reporter.suite(SUITE);
  for (const result of replays) reporter.result(caseResult(result));
  reporter.end({ exitCode: 1, durationMs: 250, broken });
}

/** What a reporter writes of a whole replay. */
export function reported(name: ReporterName, told: Told = {}): string {
  let text = '';
  const write: Write = (more) => {
    text += more;
  };
  const terminal = { columns: 100, color: false, live: false };
  const reporter = REPORTERS[name](write, { terminal, kcidb: { origin: 'lab_1', build: undefined } });
  tellAll(reporter, told);
  return text;
}
