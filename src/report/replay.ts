import { REPLAY_STATUSES, type Replayed, type ReplayStatus } from '../triage/replay.js';
import { plural, printable } from '../util/text.js';
import { type Terminal, stylesOf } from './terminal.js';

/** One line for a case. */
export function formatReplayed({ status, file, detail }: Replayed, terminal: Terminal): string[] {
  const { green, red, yellow } = stylesOf(terminal);
  const { severity, label } = REPLAY_STATUSES[status];
  const style = { fine: green, skip: yellow, failure: red, harness: red }[severity];
  const text = detail === '' ? '' : `: ${printable(detail)}`;
  return [`${style(label.padEnd(7))} ${printable(file)}${text}`];
}

/** `12 cases: 10 ok, 1 known, 1 skipped`. */
export function replayTotals(results: readonly Replayed[], badFiles: number, terminal: Terminal): string[] {
  const { bold } = stylesOf(terminal);
  const names: Readonly<Record<ReplayStatus, string>> = {
    ok: 'ok',
    gone: 'no longer failing',
    known: 'known',
    skip: 'skipped',
    broken: 'broken',
    fails: 'still failing',
    undecided: 'not deciding their rules',
    harness: 'faults of the tool',
    missed: 'never run',
  };
  const parts = Object.entries(names).flatMap(([status, name]) => {
    const count = results.filter((result) => result.status === status).length;
    return count === 0 ? [] : [`${count} ${name}`];
  });
  if (badFiles > 0) parts.push(`${plural(badFiles, 'file')} refused`);
  return [bold(`${plural(results.length, 'case')}: ${parts.join(', ')}`)];
}
