/** Size of a terminal in characters. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const CLEAR_TO_END = '\u001b[J';
const CLEAR_LINE = '\u001b[2K';
const STYLE = /\u001b\[[0-9;]*m/g;

/** Lines at the bottom of a terminal that are drawn again in place. No line may be wider than the terminal. */
export class Screen {
  private drawn: readonly number[] = [];

  constructor(private readonly write: (text: string) => void) {}

  /** @param columns as the terminal is now: after a change of its width, older lines may take several rows. */
  draw(lines: readonly string[], columns: number): void {
    // Line by line, and what is left below at the end: nothing flickers.
    const text = lines.map((line) => `${CLEAR_LINE}${line}`).join('\n');
    this.write(`${this.home(columns)}${text}${CLEAR_TO_END}`);
    this.drawn = lines.map((line) => line.replace(STYLE, '').length);
  }

  /** Takes the lines away. */
  clear(columns: number): void {
    if (this.drawn.length > 0) this.write(`${this.home(columns)}${CLEAR_TO_END}`);
    this.drawn = [];
  }

  /** To the beginning of the first line. */
  private home(columns: number): string {
    const rows = this.drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    return rows > 1 ? `\r\u001b[${rows - 1}A` : '\r';
  }
}
