/** Text of case files, which nobody has checked, inside C. */
import { printable } from '../../util/text.js';

/** A C string literal of one line. */
export function cString(text: string): string {
  // A question mark may begin a trigraph.
  return `"${printable(text).replace(/["\\?]/g, (char) => `\\${char}`)}"`;
}

/** What stands inside a comment: nothing in it ends the comment, begins another or continues a line. */
export function commentText(text: string): string {
  return printable(text)
    .replace(/\*(?=\/)|\/(?=\*)|\?(?=\?)/g, '$& ')
    .replace(/\\$/, '\\.');
}

/** Breaks text at blanks into lines of at most `width` characters; a longer word stays whole. */
export function lines(text: string, width: number): string[] {
  const result: string[] = [];
  let line = '';
  for (const word of printable(text).split(/ +/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      result.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...result, line];
}

/** Column at which C lines are broken. */
const COLUMNS = 100;
const TAB = 8;

/** A statement `name(a, b, …)`, broken after commas, with `indent` tabs. */
export function call(name: string, args: readonly string[], indent: number): string[] {
  const tabs = '\t'.repeat(indent);
  const result: string[] = [];
  let line = `${tabs}${name}(`;
  let column = indent * TAB + name.length + 1;
  args.forEach((arg, i) => {
    const text = arg + (i === args.length - 1 ? ');' : ',');
    if (column + text.length + 1 > COLUMNS && i > 0) {
      result.push(line);
      line = `${tabs}\t${text}`;
      column = (indent + 1) * TAB + text.length;
    } else {
      line += (i === 0 ? '' : ' ') + text;
      column += text.length + 1;
    }
  });
  return [...result, args.length === 0 ? `${line});` : line];
}

/** A block comment of wrapped paragraphs. */
export function blockComment(paragraphs: readonly string[], width = 76): string {
  const body = paragraphs.flatMap((text) => {
    const indent = /^ */.exec(text)?.[0] ?? '';
    return lines(text.trim(), width - indent.length).map((line) => ` * ${indent}${commentText(line)}`.trimEnd());
  });
  return ['/*', ...body, ' */'].join('\n');
}
