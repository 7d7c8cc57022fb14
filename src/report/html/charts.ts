/** Throughput and memory over the time of a campaign, as line charts. */
import { grouped } from '../../util/text.js';
import { bytes, duration } from '../text.js';
import { type Markup, markup } from './markup.js';
import type { Sample } from '../../campaign/run/types.js';

const WIDTH = 600;
const HEIGHT = 210;
const LEFT = 62;
const RIGHT = 20;
const TOP = 12;
const BOTTOM = 30;
/** Points of a line; more than that are averaged. */
const MAX_POINTS = 240;

export interface Point {
  readonly elapsedMs: number;
  readonly value: number;
}

export function chartsSection(samples: readonly Sample[]): Markup {
  const rates = throughput(samples);
  if (rates.length < 2)
    return markup`<section><h2 id="time">Throughput and memory</h2><p>Too short a time was recorded to draw it.</p></section>`;
  const memory = averaged(samples.map(({ elapsedMs, rssBytes }) => ({ elapsedMs, value: rssBytes })));
  return markup`<section><h2 id="time">Throughput and memory</h2><div class="charts">
${chart('Scenarios per second', rates, grouped)}${chart('Resident memory of all processes', memory, bytes)}
</div></section>`;
}

/** Scenarios per second between each two samples. */
export function throughput(samples: readonly Sample[]): Point[] {
  const rates = samples.slice(1).flatMap((sample, i) => {
    const before = samples[i];
    const ms = sample.elapsedMs - (before?.elapsedMs ?? 0);
    if (before === undefined || ms <= 0) return [];
    return [{ elapsedMs: sample.elapsedMs, value: Math.max(0, (1000 * (sample.scenarios - before.scenarios)) / ms) }];
  });
  return averaged(rates);
}

function averaged(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / MAX_POINTS);
  if (size <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const some = points.slice(i * size, (i + 1) * size);
    return { elapsedMs: some.at(-1)?.elapsedMs ?? 0, value: mean(some) };
  });
}

function mean(points: readonly Point[]): number {
  return points.reduce((sum, { value }) => sum + value, 0) / Math.max(1, points.length);
}

/** A step between ticks that people count in: 1, 2 or 5 times a power of ten. */
export function niceStep(span: number, ticks: number): number {
  if (span <= 0) return 1;
  const rough = span / ticks;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
}

/** The same in minutes and hours. */
function niceTime(spanMs: number): number {
  const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
  return 1000 * (seconds.find((step) => spanMs / 1000 / step <= 6) ?? Math.ceil(spanMs / 6 / 86_400_000) * 86_400);
}

function chart(title: string, points: readonly Point[], words: (value: number) => string): Markup {
  const end = points.at(-1)?.elapsedMs ?? 1;
  const most = Math.max(...points.map(({ value }) => value));
  const least = Math.min(...points.map(({ value }) => value));
  const step = title.startsWith('Resident') ? 2 ** Math.ceil(Math.log2(Math.max(most, 1) / 4)) : niceStep(most, 4);
  const top = Math.max(step, Math.ceil(most / step) * step);
  const x = (ms: number): number => round(LEFT + (ms / end) * (WIDTH - LEFT - RIGHT));
  const y = (value: number): number => round(HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM));
  const line = points.map(({ elapsedMs, value }) => `${x(elapsedMs)} ${y(value)}`).join('L');
  const area = `M${x(points[0]?.elapsedMs ?? 0)} ${y(0)}L${line}L${x(end)} ${y(0)}Z`;
  const said = `between ${words(least)} and ${words(most)}, ${words(mean(points))} on average`;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  const times = Array.from({ length: Math.floor(end / niceTime(end)) + 1 }, (_, i) => i * niceTime(end));
  return markup`<figure><h3>${title}</h3><svg role="img" aria-label="${title}: ${said}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-size="11">
${ticks.map((tick) => markup`<path class="grid" d="M${LEFT} ${y(tick)}H${WIDTH - RIGHT}"/><text class="soft" x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${words(tick)}</text>`)}
${times.map((time) => markup`<path class="grid" d="M${x(time)} ${HEIGHT - BOTTOM}v4"/><text class="soft" x="${x(time)}" y="${HEIGHT - BOTTOM + 17}" text-anchor="middle">${time === 0 ? '0' : shortTime(time)}</text>`)}
<path class="area" d="${area}"/><path class="line-series" d="M${line}"/></svg>
<figcaption>${said}, over ${duration(end)}</figcaption></figure>
`;
}

/** `30 s`, `5 min`, `2 h`. */
function shortTime(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds} s`;
  const minutes = seconds / 60;
  if (minutes < 60) return `${round(minutes)} min`;
  return `${round(minutes / 60)} h`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
