import { expect, test } from 'vitest';
import { blockComment, call, commentText, cString } from '../../../src/triage/export/text.js';

const HOSTILE = 'a */ int main; /* b "c" \\ ??/ ??= \n\t\r \u2028 \u202e end\\';

test('a string literal keeps its text in one line, without trigraphs', () => {
  expect(cString('say "hi" \\ ??/')).toBe('"say \\"hi\\" \\\\ \\?\\?/"');
  expect(cString(HOSTILE)).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
});

test('nothing in a comment ends it, begins another, or continues its line', () => {
  const text = commentText(HOSTILE);
  expect(text).not.toMatch(/\*\/|\/\*|\?\?|\\$|[\p{Cc}\u2028\u202e]/u);
  expect(text).toContain('int main');
});

test('a block comment has one end, whatever words it is wrapped at', () => {
  const comment = blockComment([`${HOSTILE} `.repeat(20), '*', '/', 'x'.repeat(200)]);
  expect(comment.match(/\*\//g)).toHaveLength(1);
  expect(comment.match(/\/\*/g)).toHaveLength(1);
  for (const line of comment.split('\n').slice(1, -1)) expect(line).toMatch(/^ \*( |$)/);
});

test('long calls are broken after their commas', () => {
  expect(call('f', ['a', 'b'], 1)).toEqual(['\tf(a, b);']);
  expect(call('f', [], 0)).toEqual(['f();']);
  expect(call('f', ['x'.repeat(60), 'y'.repeat(60)], 1)).toEqual([`\tf(${'x'.repeat(60)},`, `\t\t${'y'.repeat(60)});`]);
});
