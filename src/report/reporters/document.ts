import type { LoadProblem } from '../../corpus/load.js';
import type { CaseResult, RefusedFile, ReplayReporter, RunEnd, RunFacts, SuiteFacts, Write } from './reporter.js';

/** A whole replay. */
export interface ReplayReport extends RunFacts, RunEnd {
  readonly suites: readonly (SuiteFacts & { readonly results: readonly CaseResult[] })[];
  readonly refused: readonly RefusedFile[];
  readonly problems: readonly LoadProblem[];
}

/** Collects what is told of a replay, and writes one document at its end. */
export class DocumentReporter implements ReplayReporter {
  private run: RunFacts | undefined;
  private readonly suites: (SuiteFacts & { results: CaseResult[] })[] = [];
  private readonly refusedFiles: RefusedFile[] = [];
  private readonly problems: LoadProblem[] = [];

  constructor(
    private readonly format: (report: ReplayReport) => string,
    private readonly write: Write,
  ) {}

  begin(run: RunFacts): void {
    this.run = run;
  }

  refused(file: RefusedFile): void {
    this.refusedFiles.push(file);
  }

  suite(suite: SuiteFacts): void {
    this.suites.push({ ...suite, results: [] });
  }

  result(result: CaseResult): void {
    this.suites.at(-1)?.results.push(result);
  }

  problem(problem: LoadProblem): void {
    this.problems.push(problem);
  }

  end(end: RunEnd): void {
    if (this.run === undefined) return;
    const { suites, refusedFiles: refused, problems } = this;
    this.write(this.format({ ...this.run, ...end, suites, refused, problems }));
  }
}
