import type { Progress } from '../campaign/types.js';
import { grouped, plural } from '../util/text.js';
import type { Budget } from './budget.js';
import { panel } from './live/panel.js';
import { Rate } from './live/rate.js';
import { Screen, type ScreenSize } from './live/screen.js';
import type { Terminal } from './terminal.js';
import { clip, duration } from './text.js';

/** How often a line is printed where it cannot be rewritten, and in a campaign of at most a few minutes. */
const PLAIN_INTERVAL_MS = 60_000;
const SHORT_INTERVAL_MS = 10_000;
const SHORT_MS = 120_000;

/**
 * Shows how a campaign goes: several lines that are rewritten on a terminal, one where it is too small for them, and where
 * nothing can be rewritten a line every minute, every ten seconds at first.
 */
export class ProgressView {
  private readonly screen: Screen;
  private readonly rate = new Rate();
  private lastPlainMs: number | undefined;

  /** @param size asked for at each update, since people change it. */
  constructor(
    private readonly write: (text: string) => void,
    private readonly terminal: Terminal,
    private readonly budget: Budget,
    private readonly size: () => ScreenSize = () => ({ columns: terminal.columns, rows: 1 }),
  ) {
    this.screen = new Screen(write);
  }

  update(progress: Progress): void {
    const line = progressLine(progress, this.budget);
    if (this.terminal.live) {
      const size = this.size();
      const now = this.rate.at(progress.elapsedMs, progress.scenarios);
      const lines = panel(progress, now, this.budget, this.terminal, size) ?? [clip(line, size.columns - 1)];
      this.screen.draw(lines, size.columns);
    } else if (this.isPlainDue(progress.elapsedMs)) {
      this.write(`${line}\n`);
      this.lastPlainMs = progress.elapsedMs;
    }
  }

  /** Prints a line that stays. */
  note(line: string): void {
    this.done();
    this.write(`${line}\n`);
  }

  /** Takes the rewritten lines away. */
  done(): void {
    if (this.terminal.live) this.screen.clear(this.size().columns);
  }

  private isPlainDue(elapsedMs: number): boolean {
    if (this.lastPlainMs === undefined) return true;
    const short = (this.budget.timeMs ?? elapsedMs) <= SHORT_MS;
    return elapsedMs - this.lastPlainMs >= (short ? SHORT_INTERVAL_MS : PLAIN_INTERVAL_MS);
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
