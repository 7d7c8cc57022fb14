import { createHash } from 'node:crypto';
import { escaped, type Markup } from './markup.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

export interface Page {
  /** What the page is called, in the browser's tab. */
  readonly title: string;
  readonly body: Markup;
  /** The page has parts that its script makes handier. */
  readonly script?: boolean;
}

/** A page as one file that asks for nothing from elsewhere and runs no script but its own. */
export function renderPage({ title, body, script = false }: Page): string {
  const scripts = script ? `script-src '${hashOf(SCRIPT)}'; ` : '';
  const policy = `default-src 'none'; style-src '${hashOf(STYLE)}'; ${scripts}base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.source}
${script ? `<script>${SCRIPT}</script>\n` : ''}</body>
</html>
`;
}

/** A source of the content security policy that allows exactly this text. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
