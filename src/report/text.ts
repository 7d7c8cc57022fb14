/** A duration for people: `850 ms`, `12 s`, `3 min 05 s`, `8 h 00 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

function twoDigits(number: number): string {
  return number.toString().padStart(2, '0');
}

/** A size for people: `512 B`, `1.4 MiB`. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = size < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(size) / 10));
  return `${(size / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}

/** A share for people: `12.5 %`. */
export function percent(part: number, whole: number): string {
  return `${whole === 0 ? '0.0' : ((100 * part) / whole).toFixed(1)} %`;
}

/** Breaks text into lines of at most `width` characters, at blanks where there are any. Never gives no line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const push = (): void => {
    lines.push(line);
    line = '';
  };
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) push();
    for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
    line = line === '' ? word : `${line} ${word}`;
  }
  push();
  return lines;
}

/** The lines of {@link wrap}, the first after `first`, the others indented as far. */
export function hanging(first: string, text: string, columns: number): string[] {
  const lines = wrap(text, Math.max(columns - first.length, 20));
  return lines.map((line, i) => (i === 0 ? first : ' '.repeat(first.length)) + line);
}

/** Cuts text to `width` characters. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`;
}

/** Rows of cells in columns, two blanks apart; numbers to the right. The last column is not padded. */
export function table(rows: readonly (readonly (string | { readonly right: string })[])[], indent = '  '): string[] {
  const text = (cell: string | { readonly right: string }): string => (typeof cell === 'string' ? cell : cell.right);
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, text(cell).length)));
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const width = widths[i] ?? 0;
      return typeof cell === 'string' ? cell.padEnd(width) : cell.right.padStart(width);
    });
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}
