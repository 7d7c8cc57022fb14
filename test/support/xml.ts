/** A strict reader of the XML that reports are made of: elements, attributes, text; no comments, no document types. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** What XML 1.0 allows in a document. */
const NOT_A_CHAR = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
const TOKEN = /<\/([\w.-]+)>|<([\w.-]+)((?: [\w.-]+="[^"<]*")*)(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** @throws {Error} where the document is not well-formed. */
export function parseXml(text: string): XmlElement {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!text.startsWith(head)) throw new Error('no XML declaration');
  if (NOT_A_CHAR.test(text)) throw new Error('a character that XML does not have');
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const pattern = new RegExp(TOKEN);
  for (pattern.lastIndex = head.length; pattern.lastIndex < text.length;) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (found === null) throw new Error(`not well-formed at ${JSON.stringify(text.slice(at, at + 80))}`);
    take(found, open);
  }
  const [element, ...others] = root.children;
  if (open.length !== 1 || element === undefined || others.length > 0) throw new Error('not one whole element');
  return element;
}

interface Open extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

function take([, close, name, attributes = '', empty, text]: RegExpExecArray, open: Open[]): void {
  const current = open.at(-1);
  if (current === undefined) throw new Error('an element is closed that was never opened');
  if (text !== undefined) current.text += unescaped(text);
  else if (close !== undefined) {
    if (current.name !== close) throw new Error(`</${close}> closes <${current.name}>`);
    open.pop();
  } else {
    const element = { name: name ?? '', attributes: parseAttributes(attributes), children: [], text: '' };
    current.children.push(element);
    if (empty !== '/') open.push(element);
  }
}

function parseAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/ ([\w.-]+)="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [name, unescaped(value)] as const,
  );
  if (new Set(pairs.map(([name]) => name)).size !== pairs.length) throw new Error(`an attribute comes twice:${text}`);
  return Object.fromEntries(pairs);
}

function unescaped(text: string): string {
  if (text.includes(']]>')) throw new Error(']]> in text');
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const char = ENTITIES[name];
    if (char === undefined || !whole.endsWith(';')) throw new Error(`unknown entity ${whole}`);
    return char;
  });
}
