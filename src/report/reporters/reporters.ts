import type { Terminal } from '../terminal.js';
import { DocumentReporter } from './document.js';
import { jsonReport } from './json.js';
import { junitReport } from './junit.js';
import { type KcidbOptions, kcidbReport } from './kcidb.js';
import { KtapReporter } from './ktap.js';
import type { ReplayReporter, Write } from './reporter.js';
import { TerminalReporter } from './terminal.js';

export interface ReporterOptions {
  readonly terminal: Terminal;
  readonly kcidb: KcidbOptions;
}

type MakeReporter = (write: Write, options: ReporterOptions) => ReplayReporter;

/** Every format in which `replay` reports. */
export const REPORTERS = {
  terminal: (write, { terminal }) => new TerminalReporter(terminal, write),
  ktap: (write) => new KtapReporter(write),
  junit: (write) => new DocumentReporter(junitReport, write),
  json: (write) => new DocumentReporter(jsonReport, write),
  kcidb: (write, { kcidb }) => new DocumentReporter((report) => kcidbReport(report, kcidb), write),
} as const satisfies Readonly<Record<string, MakeReporter>>;
export type ReporterName = keyof typeof REPORTERS;

export function isReporter(name: string): name is ReporterName {
  return Object.hasOwn(REPORTERS, name);
}
