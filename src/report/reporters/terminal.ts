import { formatReplayed, replayTotals } from '../replay.js';
import type { Terminal } from '../terminal.js';
import type { Replayed } from '../../triage/replay.js';
import type { CaseResult, ReplayReporter, RunEnd, Write } from './reporter.js';

/** For people: a line for each case as it ends, and the totals. What is wrong with files goes to standard error anyway. */
export class TerminalReporter implements ReplayReporter {
  private readonly results: Replayed[] = [];
  private badFiles = 0;

  constructor(
    private readonly terminal: Terminal,
    private readonly write: Write,
  ) {}

  begin(): void {
    // The totals say what there was.
  }

  suite(): void {
    // Lines of cases name their files.
  }

  refused(): void {
    this.badFiles += 1;
  }

  problem(): void {
    this.badFiles += 1;
  }

  result({ replayed }: CaseResult): void {
    this.results.push(replayed);
    // Cases that were never reached have one reason, which standard error gives once.
    if (replayed.times > 0) this.print(formatReplayed(replayed, this.terminal));
  }

  end({ broken }: RunEnd): void {
    const ran = this.results.some(({ times }) => times > 0);
    if (ran || broken === undefined) this.print(replayTotals(this.results, this.badFiles, this.terminal));
  }

  private print(lines: readonly string[]): void {
    this.write(lines.map((line) => `${line}\n`).join(''));
  }
}
