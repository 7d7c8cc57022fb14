import type { Ready } from '../campaign/messages.js';
import type { Judged } from '../campaign/pipeline.js';
import { type KnownDivergence, matchKnown } from '../corpus/known.js';
import type { LoadedCase } from '../corpus/load.js';
import type { RuleId } from '../model/expectation.js';
import type { Verdict } from '../oracle/verdict.js';
import { verdictLine } from '../oracle/verdictLine.js';
import type { Profile } from '../scenario/profile.js';

/** What can come of replaying a case. */
export const REPLAY_STATUSES = {
  /** A pinned case matched, and its rules decided. */
  ok: { severity: 'fine', label: 'ok' },
  /** A finding matched every time. */
  gone: { severity: 'fine', label: 'gone' },
  /** It diverged as a known divergence explains. */
  known: { severity: 'fine', label: 'known' },
  skip: { severity: 'skip', label: 'skip' },
  /** A pinned case diverged, crashed or hung. */
  broken: { severity: 'failure', label: 'FAIL' },
  /** A finding still fails. */
  fails: { severity: 'failure', label: 'FAIL' },
  /** A pinned case matched, but a rule that it is there for decided nothing. */
  undecided: { severity: 'failure', label: 'FAIL' },
  harness: { severity: 'harness', label: 'HARNESS' },
  /** It never ran: the target did not boot, or was lost before its turn. */
  missed: { severity: 'harness', label: 'MISSED' },
} as const;
export type ReplayStatus = keyof typeof REPLAY_STATUSES;

export interface Replayed {
  readonly file: string;
  readonly kind: 'pinned' | 'finding';
  readonly title: string;
  readonly status: ReplayStatus;
  /** One sentence. */
  readonly detail: string;
  readonly times: number;
  /** Executions that did not match. */
  readonly hits: number;
  /** Id of the known divergence that explains it. */
  readonly known: string | undefined;
  readonly verdicts: readonly Verdict[];
}

/** Says what the executions of a case mean for it. */
export function judgeReplay(
  loaded: LoadedCase,
  judged: readonly Judged[],
  known: readonly KnownDivergence[],
  { profile, applicable }: Ready,
): Replayed {
  const verdicts = judged.map(({ execution }) => execution.verdict);
  const faults = judged.filter(({ signature }) => signature !== undefined);
  const labels = faults.map(({ execution, signature }) => knownId(execution.verdict, signature, known, profile));
  const { file } = loaded;
  const { kind, title } = loaded.case;
  const label = labels.every((id) => id !== undefined) ? labels[0] : undefined;
  const base = {
    file,
    kind,
    title,
    times: judged.length,
    hits: faults.length,
    known: label,
    verdicts: distinct(verdicts),
  };
  return { ...base, ...statusOf(loaded, judged, faults, label, applicable) };
}

/** What to say of a case that never ran, because its target did not boot or was lost (`missed`), or cannot run any (`skip`). */
export function neverRan(
  { file, case: { kind, title } }: LoadedCase,
  status: 'missed' | 'skip',
  why: string,
): Replayed {
  return { file, kind, title, status, detail: why, times: 0, hits: 0, known: undefined, verdicts: [] };
}

function statusOf(
  loaded: LoadedCase,
  judged: readonly Judged[],
  faults: readonly Judged[],
  known: string | undefined,
  applicable: readonly RuleId[],
): { readonly status: ReplayStatus; readonly detail: string } {
  const { kind, rules } = loaded.case;
  const verdicts = judged.map(({ execution }) => execution.verdict);
  const harness = verdicts.find((verdict) => verdict.kind === 'harness');
  const skip = verdicts.find((verdict) => verdict.kind === 'skip');
  const [fault] = faults;
  if (fault !== undefined) {
    const share = judged.length === 1 ? '' : `${faults.length} of ${judged.length} times: `;
    const line = share + verdictLine(fault.execution.verdict);
    if (known !== undefined) return { status: 'known', detail: `${known}: ${line}` };
    return kind === 'pinned' ? { status: 'broken', detail: line } : { status: 'fails', detail: `still fails: ${line}` };
  }
  if (harness !== undefined) return { status: 'harness', detail: harness.detail };
  if (skip !== undefined) return { status: 'skip', detail: skip.reason };
  if (kind === 'finding') return { status: 'gone', detail: 'no longer fails' };
  const idle = rules.filter(({ id }) => !judged.every(({ execution }) => (execution.decided[id] ?? 0) > 0));
  if (idle.length === 0) return { status: 'ok', detail: '' };
  const foreign = idle.filter(({ id }) => !applicable.includes(id)).map(({ id }) => id);
  if (foreign.length > 0) {
    const which = foreign.length === 1 ? `rule ${foreign[0] ?? ''} does` : `rules ${foreign.join(', ')} do`;
    return { status: 'skip', detail: `${which} not apply to this machine` };
  }
  const names = idle.map(({ id }) => id).join(', ');
  return {
    status: 'undecided',
    detail: `it matches, but these rules, which it is there for, decide nothing in it: ${names}`,
  };
}

function knownId(
  verdict: Verdict,
  signature: Judged['signature'],
  known: readonly KnownDivergence[],
  profile: Profile,
): string | undefined {
  const broken = verdict.kind === 'divergence' ? verdict.mismatches.map(({ rule }) => rule) : signature?.rules;
  return matchKnown(known, { rules: broken ?? [], shape: signature?.shape ?? '' }, profile);
}

function distinct(verdicts: readonly Verdict[]): Verdict[] {
  return [...new Map(verdicts.map((verdict) => [JSON.stringify(verdict), verdict])).values()];
}
