import { printable } from '../../util/text.js';

/** What XML 1.0 has no way to write, escaped or not: lone surrogates and two code points that are none. */
const UNWRITABLE = /[\ud800-\udfff\ufffe\uffff]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text of an XML document: control characters made visible line by line, everything special escaped. */
export function xmlText(text: string): string {
  const lines = text.split('\n').map((line) => printable(line).replace(UNWRITABLE, '\ufffd'));
  return lines.join('\n').replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}

/** The value of an attribute, in which a line break would become a blank. */
export function xmlAttribute(text: string): string {
  return xmlText(printable(text));
}

/** ` name="value"` for each attribute that has a value. */
export function xmlAttributes(attributes: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(attributes)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${xmlAttribute(String(value))}"`]))
    .join('');
}
