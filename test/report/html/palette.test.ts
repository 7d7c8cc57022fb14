import { describe, expect, test } from 'vitest';
import { renderPage } from '../../../src/report/html/page.js';
import { markup } from '../../../src/report/html/markup.js';

/** Colours by variable, read from the page that a browser gets: the first set, or that for dark screens. */
function colours(dark: boolean): ReadonlyMap<string, string> {
  const page = renderPage({ title: '', body: markup`` });
  const sets = [...page.matchAll(/:root \{([^}]*)\}/g)].map(([, set = '']) => set);
  const set = sets[dark ? 1 : 0] ?? '';
  return new Map([...set.matchAll(/--([\w-]+):(#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]));
}

/** Relative luminance as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const onPaper = ['ink', 'soft', 'link', 'ok', 'bad', 'warn', 'known'].flatMap((ink) =>
  ['paper', 'card'].map((paper) => [ink, paper] as const),
);
const onBad = ['ink', 'soft', 'bad'].map((ink) => [ink, 'bad-paper'] as const);
const onMarks = ['read', 'write', 'change', 'message', 'log'].map((kind) => ['ink', `${kind}-paper`] as const);
const onHeat = [1, 2, 3, 4, 5, 6].map((level) => [`heat${level}-ink`, `heat${level}`] as const);

describe.each([
  ['light', false],
  ['dark', true],
])('%s', (_, dark) => {
  const colour = (name: string): string => {
    const value = colours(dark).get(name);
    if (value === undefined) throw new Error(`the page has no colour ${name}`);
    return value;
  };

  test.each([...onPaper, ...onBad, ...onMarks, ...onHeat])('%s can be read on %s', (ink, paper) => {
    expect(contrast(colour(ink), colour(paper))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['read', 'write', 'change', 'message', 'log', 'bad', 'chart'])('lines in %s can be seen', (line) => {
    expect(contrast(colour(line), colour('paper'))).toBeGreaterThanOrEqual(3);
  });

  test('steps of the heat scale go one way', () => {
    const lights = [1, 2, 3, 4, 5, 6].map((level) => luminance(colour(`heat${level}`)));
    expect(lights).toEqual([...lights].sort((a, b) => (dark ? a - b : b - a)));
  });
});
