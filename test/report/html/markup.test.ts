import { expect, test } from 'vitest';
import { escaped, markup } from '../../../src/report/html/markup.js';

test('text stays text, in elements and in attributes of either quote', () => {
  expect(markup`<b title="${'" onload="x'}">${'<script>&'}</b>`.source).toBe(
    '<b title="&quot; onload=&quot;x">&lt;script&gt;&amp;</b>',
  );
  expect(escaped("it's")).toBe('it&#39;s');
});

test('control characters and those that turn the direction of text become visible, line breaks stay', () => {
  expect(escaped('a\u0000b\u202ec\nd')).toBe('a\\u0000b\\u202ec\nd');
});

test('markup goes in as it is, lists are joined, nothing is left out', () => {
  const items = [1, 2].map((n) => markup`<i>${n}</i>`);
  expect(markup`<p>${items}${undefined}${[]}</p>`.source).toBe('<p><i>1</i><i>2</i></p>');
});
