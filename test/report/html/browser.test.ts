import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FAMILIES } from '../../../src/campaign/families.js';
import { runReport } from '../../../src/report/html/report.js';
import { Browser, browserMissing } from '../../support/browser.js';
import { aRun } from '../../support/run.js';
import { access, simplestScenario } from '../../support/scenario.js';
import { aFinding } from '../../support/summary.js';
import { temporaryDirectory } from '../../support/temporary.js';

const scenario = simplestScenario({
  steps: [access({ op: 'store' }), { kind: 'dirtyLog', action: 'get', region: 'data' }],
});
const known = aFinding({ scenario, known: 'an-old-one', signature: 'stage2/dirty.write/known' });
const findings = [...Array.from({ length: 12 }, (_, i) => aFinding({ scenario, signature: `stage2/r/${i}` })), known];
const page = runReport(aRun({ findings }), FAMILIES);

const here = temporaryDirectory();
let browser: Browser | undefined;

beforeAll(async () => {
  if (browserMissing === undefined) browser = await Browser.open();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(({ skip }) => {
  if (browserMissing !== undefined) skip(browserMissing);
});

/** The page in the browser, as a user opens the file. */
async function opened(width = 1280, scheme: 'light' | 'dark' = 'light', media: '' | 'print' = ''): Promise<Browser> {
  if (browser === undefined) throw new Error('no browser');
  await browser.emulate(width, 900, scheme, media);
  await browser.goto(pathToFileURL(here.write('report.html', page)).href);
  return browser;
}

/** Keeps a picture for people to look at, when `FAULTLINE_SCREENSHOTS` names a directory. */
async function keep(shown: Browser, name: string): Promise<void> {
  const directory = process.env['FAULTLINE_SCREENSHOTS'];
  const picture = await shown.screenshot();
  expect(picture.length).toBeGreaterThan(20_000);
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.png`), picture);
}

/** Texts whose contrast with what is behind them is less than 4.5, computed from what the browser shows. */
const FAINT = `(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() === '' || element.closest('svg, script') || !element.checkVisibility()) continue;
    count++;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(element.outerHTML.slice(0, 120));
  }
  return { count, faint };
})()`;

describe.each([
  ['light', 1280, 'light', ''],
  ['dark', 1280, 'dark', ''],
  ['narrow', 360, 'light', ''],
  ['print', 800, 'dark', 'print'],
] as const)('%s', (name, width, scheme, media) => {
  test('nothing is fetched, nothing is complained of, every text can be read, and nothing sticks out', async () => {
    const shown = await opened(width, scheme, media);
    const { count, faint } = await shown.evaluate<{ count: number; faint: string[] }>(FAINT);
    expect(count).toBeGreaterThan(100);
    expect(faint).toEqual([]);
    expect(await shown.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const complaints = ['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'];
    expect(shown.events.filter(({ method }) => complaints.includes(method))).toEqual([]);
    expect(shown.events.filter(({ method }) => method === 'Network.requestWillBeSent')).toHaveLength(1);
    await keep(shown, name);
  });
});

test('on paper it is black on white, and what is folded up on the screen is unfolded', async () => {
  const hidden = `[...document.querySelectorAll('details:not([open]) > :not(summary)')].filter((e) => !e.checkVisibility()).length`;
  const screen = await opened(800, 'dark');
  expect(await screen.evaluate(hidden)).toBeGreaterThan(3);
  const paper = await opened(800, 'dark', 'print');
  expect(await paper.evaluate(hidden)).toBe(0);
  expect(await paper.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  expect(await paper.evaluate(`document.querySelector('nav').checkVisibility()`)).toBe(false);
});

/** What has the focus. */
const FOCUS = `(() => {
  const at = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  return { name: at.tagName.toLowerCase() + '.' + at.className, visible: at.checkVisibility(), ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2, text: at.textContent.slice(0, 60) };
})()`;
interface Focus {
  readonly name: string;
  readonly visible: boolean;
  readonly ring: boolean;
  readonly text: string;
}

test('the tab key goes through everything that can be used, with a ring around it, and out again', async () => {
  const shown = await opened();
  const stops: Focus[] = [];
  for (let i = 0; i < 300; i++) {
    await shown.press('Tab');
    const focus = await shown.evaluate<Focus>(FOCUS);
    if (focus.name.startsWith('body')) break;
    stops.push(focus);
  }
  expect(stops[0]).toMatchObject({ name: 'a.skip-link', text: 'Skip to the findings' });
  expect(stops.filter(({ visible, ring }) => !visible || !ring)).toEqual([]);
  const summaries = stops.filter(({ name }) => name.startsWith('summary'));
  expect(summaries.length).toBeGreaterThanOrEqual(findings.length);
  // One stop for each group of rules, not one for each rule.
  expect(stops.filter(({ name }) => name.startsWith('a.cell'))).toHaveLength(3);
  expect(stops.length).toBeLessThan(120);
});

test('the skip link skips', async () => {
  const shown = await opened();
  await shown.press('Tab');
  await shown.press('Enter');
  expect(await shown.evaluate('location.hash')).toBe('#main');
});

test('n and p go from finding to finding and unfold what they come to', async () => {
  const shown = await opened();
  const at = `document.activeElement.closest('details')?.id + ' ' + document.activeElement.closest('details')?.open`;
  for (const id of [1, 2]) {
    await shown.press('n');
    expect(await shown.evaluate(at)).toBe(`finding-${id} true`);
  }
  await shown.press('k');
  expect(await shown.evaluate(at)).toBe('finding-1 true');
  for (let i = 0; i < 20; i++) await shown.press('j');
  expect(await shown.evaluate(at)).toBe(`finding-${findings.length} true`);
});

test("a rule says its sentence when it has the focus, and leads to the rule's row", async () => {
  const shown = await opened();
  const tip = `document.querySelector('#rule-1-dirty\\\\.write-tip')`;
  expect(await shown.evaluate(`${tip}.checkVisibility()`)).toBe(false);
  await shown.evaluate(`document.querySelector('a[href="#rule-1-dirty.write"]').focus()`);
  expect(await shown.evaluate(`${tip}.checkVisibility()`)).toBe(true);
  expect(await shown.evaluate(`${tip}.textContent`)).toContain('A page written by the guest');
  await shown.press('Enter');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await shown.evaluate(`document.querySelector('#rule-1-dirty\\\\.write').checkVisibility()`)).toBe(true);
});

test('without its script nothing is missing, and no button is there that does nothing', async () => {
  if (browser === undefined) throw new Error('no browser');
  await browser.send('Emulation.setScriptExecutionDisabled', { value: true });
  try {
    const shown = await opened();
    expect(await shown.evaluate(`document.querySelectorAll('details.finding').length`)).toBe(findings.length);
    expect(
      await shown.evaluate(`[...document.querySelectorAll('button')].filter((e) => e.checkVisibility()).length`),
    ).toBe(0);
    expect(await shown.evaluate(`document.querySelector('#rules').checkVisibility()`)).toBe(true);
  } finally {
    await browser.send('Emulation.setScriptExecutionDisabled', { value: false });
  }
});
