import { printable } from '../../util/text.js';

/** Text that is HTML already. Everything else that is put into a page is text of unknown origin. */
export class Markup {
  constructor(readonly source: string) {}

  toString(): string {
    return this.source;
  }
}

/** What may stand in a template: nothing at all is left out, lists are joined. */
export type Part = Markup | string | number | undefined | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML shows it, in an element or in a quoted attribute. Line breaks stay; other control characters become visible. */
export function escaped(text: string): string {
  const visible = text.split('\n').map(printable).join('\n');
  return visible.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

function sourceOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.source;
  if (typeof part === 'string') return escaped(part);
  if (typeof part === 'number') return part.toString();
  return part.map(sourceOf).join('');
}

/** Template of HTML in which every value is escaped, unless it is {@link Markup} itself. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, i) => text + sourceOf(parts[i])).join(''));
}
