import { HEAT_LEVELS } from './palette.js';
import { type Markup, markup } from './markup.js';

/** Which step of the heat scale a count is at, by its logarithm: 1 for the least, {@link HEAT_LEVELS} for `most`; 0 for none. */
export function heatLevel(count: number, most: number): number {
  if (count <= 0) return 0;
  if (most <= 1) return HEAT_LEVELS;
  return Math.min(HEAT_LEVELS, 1 + Math.floor((Math.log(count) / Math.log(most)) * (HEAT_LEVELS - 1) + 1e-9));
}

/** A count in at most five characters: `999`, `12.3k`, `4.5M`. */
export function shortCount(count: number): string {
  if (count < 1000) return count.toString();
  const units = ['k', 'M', 'G', 'T'];
  const power = Math.min(units.length, Math.floor(Math.log10(count) / 3));
  const number = count / 1000 ** power;
  // What would be rounded to a thousand is one of the next unit.
  if (number >= 999.5 && power < units.length) return `1${units[power] ?? ''}`;
  return `${number.toFixed(number < 99.95 ? 1 : 0).replace(/\.0$/, '')}${units[power - 1] ?? ''}`;
}

/** The scale in words: from which count on each colour stands. */
export function heatLegend(most: number, rest: readonly Markup[]): Markup {
  const levels = Array.from({ length: HEAT_LEVELS }, (_, i) => i + 1).flatMap((level) => {
    const from = Math.ceil(most ** ((level - 1) / (HEAT_LEVELS - 1)) - 1e-6);
    return heatLevel(from, most) === level
      ? [markup`<li><span class="swatch heat${level}"></span>${level === 1 ? '' : 'from '}${shortCount(from)}</li>`]
      : [];
  });
  return markup`<ul class="legend" aria-label="Colours">${rest}${levels}</ul>`;
}
