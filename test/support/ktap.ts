/** A strict reader of KTAP version 1, written from Documentation/dev-tools/ktap.rst. What the format only tolerates is refused. */

export interface KtapTest {
  readonly passed: boolean;
  readonly name: string;
  readonly directive: string | undefined;
  readonly text: string;
  /** Diagnostic lines directly before the result, without their `# `. */
  readonly diagnostics: readonly string[];
  readonly subtests: readonly KtapTest[];
}

export interface KtapResults {
  readonly tests: readonly KtapTest[];
  /** Diagnostic lines behind the last result. */
  readonly rest: readonly string[];
}

const RESULT = /^(ok|not ok) ([1-9][0-9]*)(?: ([^#]*?))?(?: # (.*))?$/;
const DIRECTIVES = ['SKIP', 'TODO', 'XFAIL', 'TIMEOUT', 'ERROR'];

/** @throws {Error} that names the line. */
export function parseKtap(text: string): KtapResults {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const reader = new Reader(text.slice(0, -1).split('\n'));
  const results = readResults(reader, 0);
  if (reader.line !== undefined) throw reader.error('there is more behind the results');
  return results;
}

class Reader {
  private next = 0;

  constructor(private readonly lines: readonly string[]) {}

  get line(): string | undefined {
    return this.lines[this.next];
  }

  /** The line without the indentation of its level; undefined when it belongs to a level above. */
  at(level: number): string | undefined {
    const indent = '  '.repeat(level);
    return this.line?.startsWith(indent) === true ? this.line.slice(indent.length) : undefined;
  }

  advance(): void {
    this.next += 1;
  }

  error(what: string): Error {
    return new Error(`line ${this.next + 1}: ${what}: ${JSON.stringify(this.line)}`);
  }
}

function readResults(reader: Reader, level: number): KtapResults {
  if (reader.at(level) !== 'KTAP version 1') throw reader.error('expected the version line');
  reader.advance();
  const [, planned] = /^1\.\.([0-9]+)$/.exec(reader.at(level) ?? '') ?? [];
  if (planned === undefined) throw reader.error('expected the plan');
  reader.advance();
  const tests: KtapTest[] = [];
  let diagnostics: string[] = [];
  let subtests: readonly KtapTest[] = [];
  for (let line = reader.at(level); line !== undefined; line = reader.at(level)) {
    if (line.startsWith('  ')) {
      const nested = readResults(reader, level + 1);
      subtests = nested.tests;
      diagnostics.push(...nested.rest);
      continue;
    }
    if (line.startsWith('# ')) diagnostics.push(line.slice(2));
    else {
      tests.push({ ...readResult(reader, line, tests.length + 1), diagnostics, subtests });
      [diagnostics, subtests] = [[], []];
    }
    reader.advance();
  }
  if (tests.length !== Number(planned)) throw reader.error(`planned ${planned} tests, found ${tests.length}`);
  return { tests, rest: diagnostics };
}

function readResult(reader: Reader, line: string, number: number): Omit<KtapTest, 'diagnostics' | 'subtests'> {
  const found = RESULT.exec(line);
  if (found === null) throw reader.error('neither a result nor a diagnostic line');
  const [, result, counted, name = '', data = ''] = found;
  if (Number(counted) !== number) throw reader.error(`expected number ${number}`);
  const [word = ''] = data.split(' ', 1);
  const directive = DIRECTIVES.includes(word) ? word : undefined;
  if (data.includes(' # ')) throw reader.error('a second # could be taken for a directive');
  const passed = result === 'ok';
  if (passed && (directive === 'TIMEOUT' || directive === 'ERROR')) throw reader.error(`${word} cannot be ok`);
  return { passed, name, directive, text: directive === undefined ? data : data.slice(word.length + 1) };
}
