/** A piece of C and the names that others may use of it. */
export interface Fragment {
  /** A piece is taken when one of these names occurs in what was taken before. */
  readonly defines: readonly string[];
  /** Without a newline at either end. */
  readonly text: string;
}

/** C as it is written, backslashes included; the newlines around it are dropped. */
export function c(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw(strings, ...values).replace(/^\n+|\s+$/g, '');
}

/** A piece of C that defines these names, separated by blanks. */
export function fragment(defines: string, text: string): Fragment {
  return { defines: defines.split(' '), text };
}

/** The text where the condition holds, else nothing. */
export function when(condition: boolean, text: string): string {
  return condition ? text : '';
}

/** A text without its comments and strings. */
export function codeOf(text: string): string {
  return text.replace(/\/\*.*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\])*"/gs, ' ');
}

function names(text: string): Set<string> {
  return new Set(codeOf(text).match(/\b[A-Za-z_]\w*/g));
}

/**
 * The pieces that a text needs, directly or through others, in the order of the library. A piece may only use pieces before it,
 * or declare what it uses.
 */
export function link(text: string, library: readonly Fragment[]): Fragment[] {
  const taken = new Set<Fragment>();
  const texts = [text];
  for (let next = texts.pop(); next !== undefined; next = texts.pop()) {
    const used = names(next);
    for (const piece of library) {
      if (taken.has(piece) || !piece.defines.some((name) => used.has(name))) continue;
      taken.add(piece);
      texts.push(piece.text);
    }
  }
  return library.filter((piece) => taken.has(piece));
}
