/** KTAP version 1 (Documentation/dev-tools/ktap.rst): what kselftest and KUnit print, and kernel test systems read. */
import type { LoadProblem } from '../../corpus/load.js';
import { oneLine, printable } from '../../util/text.js';
import { machineWords } from '../machine.js';
import type { RuleBook } from '../rules.js';
import { countOutcomes, explain, faultOf, outcomeOf } from './outcome.js';
import type { CaseResult, RefusedFile, ReplayReporter, RunEnd, RunFacts, SuiteFacts, Write } from './reporter.js';

/** The lines that open a (nested) set of results. */
export function ktapHeader(planned: number): string[] {
  return ['KTAP version 1', `1..${planned}`];
}

/** One case: diagnostics of what did not pass, then its result line. */
export function ktapCase(number: number, result: CaseResult, rules: RuleBook): string[] {
  const { name, replayed } = result;
  const outcome = outcomeOf(replayed);
  const passed = outcome !== 'fail' && outcome !== 'error';
  const notes = passed ? [] : explain(result, rules).map((line) => diagnostic(`${name}: ${line}`));
  return [...notes, resultLine(passed, number, name, directive(result), replayed.detail)];
}

/** A case file that was refused. */
export function ktapRefused(number: number, { name, line, problem }: RefusedFile): string[] {
  return [diagnostic(`${name}: ${line}`), resultLine(false, number, name, 'ERROR', problem)];
}

/** A line that no parser takes for a result. */
export function diagnostic(text: string): string {
  return `# ${printable(text)}`;
}

/** As kselftest counts. A known divergence is a failure that is expected. */
export function ktapTotals(results: readonly CaseResult[], refused: number): string {
  const { pass, fail, known, skip, error } = countOutcomes(results);
  return `# Totals: pass:${pass} fail:${fail} xfail:${known} xpass:0 skip:${skip} error:${error + refused}`;
}

/** The keyword behind `#`: an outcome other than passed and failed. */
function directive({ replayed }: CaseResult): string {
  switch (outcomeOf(replayed)) {
    case 'known':
      return 'XFAIL';
    case 'skip':
      return 'SKIP';
    case 'error':
      return 'ERROR';
    case 'fail':
      return faultOf(replayed)?.kind === 'hang' ? 'TIMEOUT' : '';
    case 'pass':
      return '';
  }
}

/** Names hold no `#`; one in the text must not be taken for the beginning of a directive. */
export function resultLine(passed: boolean, number: number, name: string, keyword: string, text: string): string {
  const words = [keyword, oneLine(text).replaceAll('#', '\\#')].filter((word) => word !== '');
  const line = `${passed ? 'ok' : 'not ok'} ${number} ${name}`;
  return words.length === 0 ? line : `${line} # ${words.join(' ')}`;
}

/** Prints each line as its case ends. */
export class KtapReporter implements ReplayReporter {
  private readonly results: CaseResult[] = [];
  private rules: RuleBook = new Map();
  private refusedFiles = 0;

  constructor(private readonly write: Write) {}

  begin({ target, planned, times }: RunFacts): void {
    const each = times === 1 ? '' : `, each case ${times} times`;
    this.print([...ktapHeader(planned), diagnostic(`target: ${target}${each}`)]);
  }

  refused(file: RefusedFile): void {
    this.refusedFiles += 1;
    this.print(ktapRefused(this.done, file));
  }

  suite({ family, profile, rules }: SuiteFacts): void {
    this.rules = rules;
    if (profile !== undefined) this.print([diagnostic(`${family}: ${machineWords(profile)}`)]);
  }

  result(result: CaseResult): void {
    this.results.push(result);
    this.print(ktapCase(this.done, result, this.rules));
  }

  problem({ line }: LoadProblem): void {
    this.print([diagnostic(line)]);
  }

  end({ broken }: RunEnd): void {
    if (broken !== undefined) this.print([diagnostic(broken)]);
    this.print([ktapTotals(this.results, this.refusedFiles)]);
  }

  private get done(): number {
    return this.results.length + this.refusedFiles;
  }

  private print(lines: readonly string[]): void {
    this.write(lines.map((line) => `${line}\n`).join(''));
  }
}
