const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Makes control characters visible, so that text from a file can neither break a line nor drive the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return ESCAPES[char] ?? `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** {@link printable} text, cut to `maxLength` characters. */
export function oneLine(text: string, maxLength = 300): string {
  const line = printable(text);
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}

/** A word of the shell, whatever is in it; quoted only where it must be. */
export function shellWord(text: string): string {
  return /^[\w./+:@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `1 case`, `2 cases`. */
export function plural(count: number, noun: string, plurals = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plurals}`;
}

/** An integer with its thousands apart: `1,234,567`. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

const UTF8 = new TextDecoder();

/** UTF-8 up to the first NUL, or to the end: what C keeps in an array. */
export function textOfBytes(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return UTF8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
