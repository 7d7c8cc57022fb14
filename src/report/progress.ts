import type { Progress } from '../campaign/types.js';
import { grouped, plural } from '../util/text.js';
import type { Terminal } from './terminal.js';
import { clip, duration } from './text.js';

/** How often a line is printed where it cannot be rewritten. */
const PLAIN_INTERVAL_MS = 10_000;

const CLEAR_LINE = '\r\u001b[2K';

/** Budget of a campaign, for the share that is done. */
export interface Budget {
  readonly timeMs: number | undefined;
  readonly runs: number | undefined;
}

/** Shows how a campaign goes: one line that is rewritten on a terminal, else a line every ten seconds. */
export class ProgressView {
  private shown = false;
  private lastPlainMs: number | undefined;

  constructor(
    private readonly write: (text: string) => void,
    private readonly terminal: Terminal,
    private readonly budget: Budget,
  ) {}

  update(progress: Progress): void {
    const line = progressLine(progress, this.budget);
    if (this.terminal.live) {
      this.write(CLEAR_LINE + clip(line, this.terminal.columns - 1));
      this.shown = true;
    } else if (this.lastPlainMs === undefined || progress.elapsedMs - this.lastPlainMs >= PLAIN_INTERVAL_MS) {
      this.write(`${line}\n`);
      this.lastPlainMs = progress.elapsedMs;
    }
  }

  /** Prints a line that stays. */
  note(line: string): void {
    this.done();
    this.write(`${line}\n`);
  }

  /** Takes the rewritten line away. */
  done(): void {
    if (this.shown) this.write(CLEAR_LINE);
    this.shown = false;
  }
}

/** `12 s of 60 s  48,211 scenarios  4,017/s  31 of 34 rules  0 findings`. */
export function progressLine(progress: Progress, budget: Budget): string {
  const time = budget.timeMs === undefined ? '' : ` of ${duration(budget.timeMs)}`;
  const runs = budget.runs === undefined ? '' : ` of ${grouped(budget.runs)}`;
  const parts = [
    `${duration(progress.elapsedMs)}${time}`,
    `${grouped(progress.scenarios)}${runs} scenarios`,
    `${grouped(progress.perSecond)}/s`,
    `${progress.rulesExercised} of ${progress.rulesApplicable} rules`,
    plural(progress.findings, 'finding'),
  ];
  if (progress.known > 0) parts.push(`${grouped(progress.known)} known`);
  if (progress.skips > 0) parts.push(plural(progress.skips, 'skip'));
  return [...parts, plural(progress.workers, 'worker')].join('  ');
}
