/** Pair coverage: for each two fields of the configuration a small heat map of how often their values met. */
import { grouped, plural } from '../../util/text.js';
import { heatLegend, heatLevel } from './heat.js';
import { type Markup, markup } from './markup.js';
import type { PairCoverage } from '../../campaign/coverage/pairs.js';

const CELL = 13;
const BLOCK_GAP = 8;
const FIELD_NAMES = 118;
const VALUE_NAMES = 96;
const LABELS = FIELD_NAMES + VALUE_NAMES;
/** Room for the values' names below the columns. */
const FOOT = 192;
/** PairCoverage that nothing has shown, in the list. */
const MAX_LISTED = 300;

interface Pair {
  readonly count: number;
  readonly words: string;
  readonly x: number;
  readonly y: number;
}

export function pairCoverage(pairs: PairCoverage): Markup {
  const cells = pairsOf(pairs);
  const possible = cells.filter(({ count }) => count >= 0);
  if (possible.length === 0) return markup`<p>This family has no fields to pair.</p>`;
  const unseen = possible.filter(({ count }) => count === 0);
  const most = possible.reduce((max, { count }) => Math.max(max, count), 0);
  const seen = possible.length - unseen.length;
  const others = [
    markup`<li><svg width="18" height="18" aria-hidden="true">${unseenMark(2, 2)}</svg>possible, never seen</li>`,
    markup`<li><svg width="18" height="18" aria-hidden="true"><path class="impossible" d="${impossibleMark(2, 2)}"/></svg>impossible</li>`,
  ];
  return markup`<p>${grouped(seen)} of ${plural(possible.length, 'possible pair')} of values were seen; ${grouped(cells.length - possible.length)} cannot occur.</p>
${heatLegend(most, others)}${drawing(pairs, cells, most)}${unseenList(unseen)}`;
}

/** Where each field's values begin, along either side of the triangle. */
function startsOf({ fields }: PairCoverage): number[] {
  let at = 0;
  return fields.map(({ values }) => (at += values.length * CELL + BLOCK_GAP) - values.length * CELL - BLOCK_GAP);
}

/** Every pair with its place: field i across, field j > i downwards, so that the triangle is the lower one. */
function pairsOf(pairs: PairCoverage): Pair[] {
  const { fields, counts } = pairs;
  const starts = startsOf(pairs);
  return fields.flatMap((across, i) =>
    fields.slice(i + 1).flatMap((down, offset) => {
      const j = i + 1 + offset;
      const block = counts[`${i},${j}`] ?? [];
      return block.map((count, at) => {
        const [a, b] = [Math.floor(at / down.values.length), at % down.values.length];
        const words = `${across.name} ${across.values[a] ?? ''} × ${down.name} ${down.values[b] ?? ''}`;
        return {
          count,
          words,
          x: LABELS + (starts[i] ?? 0) + a * CELL,
          y: (starts[j] ?? 0) - (starts[1] ?? 0) + b * CELL,
        };
      });
    }),
  );
}

function drawing(pairs: PairCoverage, cells: readonly Pair[], most: number): Markup {
  const right = Math.max(...cells.map(({ x }) => x)) + CELL;
  const bottom = Math.max(...cells.map(({ y }) => y)) + CELL;
  const impossible = cells.filter(({ count }) => count < 0).map(({ x, y }) => impossibleMark(x, y));
  const drawn = cells.flatMap(({ count, words, x, y }) => {
    if (count < 0) return [];
    if (count === 0) return [markup`<g><title>${words}: never</title>${unseenMark(x, y)}</g>`];
    return [
      markup`<rect class="heat${heatLevel(count, most)}" x="${x}" y="${y}" width="12" height="12"><title>${words}: ${grouped(count)}</title></rect>`,
    ];
  });
  const [width, height] = [right + 8, bottom + FOOT];
  return markup`<div class="wide" tabindex="0" role="region" aria-label="PairCoverage of configuration values"><svg role="img" aria-label="A heat map for each two fields. What was never seen is listed below." width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-size="10.5">
<path class="impossible" d="${impossible.join('')}"/>${drawn}${labels(pairs, bottom)}
</svg></div>`;
}

function unseenMark(x: number, y: number): Markup {
  return markup`<rect class="unseen" x="${x + 1}" y="${y + 1}" width="10" height="10"/><path class="unseen" d="M${x + 4} ${y + 4}l4 4m0 -4l-4 4"/>`;
}

function impossibleMark(x: number, y: number): string {
  return `M${x + 3} ${y + 9}l6 -6`;
}

function labels(pairs: PairCoverage, bottom: number): Markup[] {
  const { fields } = pairs;
  const starts = startsOf(pairs);
  return fields.flatMap(({ name, values }, i) => {
    const start = starts[i] ?? 0;
    const drawn: Markup[] = [];
    if (i > 0) {
      const y = start - (starts[1] ?? 0);
      drawn.push(markup`<text class="strong" x="0" y="${y + 10}">${clipped(name, 20)}</text>`);
      values.forEach((value, k) =>
        drawn.push(
          markup`<text x="${LABELS - 6}" y="${y + k * CELL + 10}" text-anchor="end">${clipped(value, 17)}</text>`,
        ),
      );
    }
    if (i < fields.length - 1) {
      const x = LABELS + start;
      values.forEach((value, k) => drawn.push(downwards(value, x + k * CELL + 10, bottom + 6, '')));
      drawn.push(downwards(name, x + 10, bottom + VALUE_NAMES, 'strong'));
    }
    return drawn;
  });
}

function downwards(text: string, x: number, y: number, kind: string): Markup {
  return markup`<text class="${kind}" transform="translate(${x} ${y}) rotate(-90)" text-anchor="end">${clipped(text, kind === '' ? 17 : 14)}</text>`;
}

function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function unseenList(unseen: readonly Pair[]): Markup | undefined {
  if (unseen.length === 0) return undefined;
  const more = unseen.length - MAX_LISTED;
  const items = unseen.slice(0, MAX_LISTED).map(({ words }) => markup`<li>${words}</li>`);
  return markup`<details><summary>${plural(unseen.length, 'possible pair')} never seen</summary><ul>${items}</ul>${more > 0 ? markup`<p>and ${grouped(more)} more</p>` : undefined}</details>`;
}
