/** What is known of the place that text is printed to. */
export interface Terminal {
  readonly columns: number;
  readonly color: boolean;
  /** A terminal that a person looks at, on which a line can be rewritten. */
  readonly live: boolean;
}

/** Width where none is known: a pipe, a file. */
const DEFAULT_COLUMNS = 120;
const MIN_COLUMNS = 40;

/** A stream, as far as it matters here (`process.stdout`). */
export interface StreamFacts {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Colours only on a terminal, and not against the user's wish (no-color.org, `TERM=dumb`). */
export function terminalOf(stream: StreamFacts, environment: Readonly<Record<string, string | undefined>>): Terminal {
  const live = stream.isTTY === true && environment['TERM'] !== 'dumb';
  const refused = (environment['NO_COLOR'] ?? '') !== '';
  // A width of 0 is what a terminal without a size says.
  const columns = stream.columns === undefined || stream.columns === 0 ? DEFAULT_COLUMNS : stream.columns;
  return { columns: Math.max(columns, MIN_COLUMNS), color: live && !refused, live };
}

export type Style = (text: string) => string;
export interface Styles {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
}

/** Select Graphic Rendition codes (ECMA-48), on and off. */
export function stylesOf(terminal: Terminal): Styles {
  const style =
    (on: number, off: number): Style =>
    (text) =>
      terminal.color && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return { bold: style(1, 22), dim: style(2, 22), red: style(31, 39), green: style(32, 39), yellow: style(33, 39) };
}
