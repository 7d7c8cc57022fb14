/** Deepest nesting of arrays and objects that is accepted. */
export const MAX_JSON_DEPTH = 64;

/** JSON text was refused: one sentence with the place. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
}

/**
 * Parses JSON text from an untrusted file. Unlike JSON.parse it names line and column whatever the version of Node, tells
 * truncated text from wrong text, and refuses duplicate keys and bottomless nesting.
 */
export function parseJsonText(text: string): unknown {
  new Scanner(text).document();
  return JSON.parse(text);
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): void {
    this.space();
    if (this.at === this.text.length) throw new JsonTextError('the file is empty');
    this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail('text after the end of the JSON value');
  }

  private value(depth: number): void {
    if (depth > MAX_JSON_DEPTH) this.fail(`nested deeper than ${MAX_JSON_DEPTH} levels`);
    this.space();
    const char = this.text[this.at];
    if (char === '{') this.object(depth);
    else if (char === '[') this.array(depth);
    else if (char === '"') this.string();
    else if (!this.accept(NUMBER) && !this.accept(LITERAL)) this.fail('expected a value');
  }

  private object(depth: number): void {
    this.at++;
    this.space();
    if (this.skip('}')) return;
    const keys = new Set<string>();
    do {
      this.space();
      const start = this.at;
      if (this.text[start] !== '"') this.fail('expected a key in double quotes');
      this.string();
      const key: unknown = JSON.parse(this.text.slice(start, this.at));
      if (keys.has(String(key))) this.fail(`the key ${JSON.stringify(key)} occurs twice`, start);
      keys.add(String(key));
      this.space();
      if (!this.skip(':')) this.fail("expected ':'");
      this.value(depth + 1);
      this.space();
    } while (this.skip(','));
    if (!this.skip('}')) this.fail("expected ',' or '}'");
  }

  private array(depth: number): void {
    this.at++;
    this.space();
    if (this.skip(']')) return;
    do {
      this.value(depth + 1);
      this.space();
    } while (this.skip(','));
    if (!this.skip(']')) this.fail("expected ',' or ']'");
  }

  private string(): void {
    this.at++;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) this.fail('unfinished string');
      if (char === '"') break;
      if (char < ' ') this.fail('control character in a string');
      if (char !== '\\') this.at++;
      else if (!this.accept(ESCAPE)) {
        if (this.text.length - this.at < 6 && !this.text.includes('"', this.at)) this.at = this.text.length;
        this.fail('bad escape in a string');
      }
    }
    this.at++;
  }

  private accept(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  private skip(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (/^[ \t\r\n]$/.test(this.text[this.at] ?? '')) this.at++;
  }

  private fail(problem: string, at = this.at): never {
    const before = this.text.slice(0, at).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
    if (at >= this.text.length || isBeginning(this.text.slice(at)))
      throw new JsonTextError(`truncated: the text ends at ${place}`);
    throw new JsonTextError(`not JSON: ${place}: ${problem}`);
  }
}

/** The text ends inside a literal or a number (`tru`, `-`). */
function isBeginning(rest: string): boolean {
  return rest === '-' || ['true', 'false', 'null'].some((literal) => literal.startsWith(rest));
}
