import type { SlotHealth } from '../../campaign/slotHealth.js';
import type { Progress, ProgressDetail } from '../../campaign/types.js';
import { grouped, plural, printable } from '../../util/text.js';
import type { Budget } from '../budget.js';
import { type Style, stylesOf, type Terminal } from '../terminal.js';
import { bytes, clip, duration } from '../text.js';
import type { ScreenSize } from './screen.js';

/** Below this there is no room for more than one line. */
const MIN_COLUMNS = 60;
const BAR_CELLS = 20;
const LABEL = 11;
/** A worker that has not been heard of for this long is worth a look. */
const QUIET_MS = 2000;

interface Row {
  readonly label: string;
  readonly text: string;
  readonly style: Style;
}

/**
 * How a campaign goes, in several lines.
 *
 * @param now scenarios per second at the moment.
 * @returns undefined where the terminal is too small for them.
 */
export function panel(
  progress: Progress,
  now: number,
  budget: Budget,
  terminal: Terminal,
  size: ScreenSize,
): readonly string[] | undefined {
  const { detail } = progress;
  if (detail === undefined || size.columns < MIN_COLUMNS) return undefined;
  const plain: Style = (text) => text;
  const { red, dim } = stylesOf(terminal);
  const rows: Row[] = [
    { label: 'time', text: timeWords(progress, budget), style: plain },
    { label: 'scenarios', text: scenarioWords(progress, now, budget), style: plain },
    { label: 'findings', text: findingWords(progress, detail), style: progress.findings > 0 ? red : plain },
    { label: 'rules', text: ruleWords(progress, detail), style: plain },
    { label: 'memory', text: bytes(detail.rssBytes), style: plain },
  ];
  // One row stays for the line before.
  const room = size.rows - rows.length - 1;
  if (room < 1) return undefined;
  rows.push(...workerRows(detail, room, terminal));
  return rows.map(({ label, text, style }) => {
    const width = size.columns - 1 - LABEL;
    return `${dim(label.padEnd(LABEL))}${style(clip(text, width))}`;
  });
}

function timeWords(progress: Progress, budget: Budget): string {
  const { elapsedMs, scenarios, perSecond } = progress;
  const byRuns =
    perSecond > 0 && budget.runs !== undefined ? (1000 * (budget.runs - scenarios)) / perSecond : undefined;
  const byTime = budget.timeMs === undefined ? undefined : budget.timeMs - elapsedMs;
  const left = Math.min(byRuns ?? Infinity, byTime ?? Infinity);
  const of = budget.timeMs === undefined ? '' : ` of ${duration(budget.timeMs)}`;
  const rest = Number.isFinite(left) ? `   ${duration(Math.max(0, left))} left` : '';
  return `${duration(elapsedMs)}${of}${rest}`;
}

function scenarioWords({ scenarios, perSecond, skips }: Progress, now: number, budget: Budget): string {
  const of = budget.runs === undefined ? '' : ` of ${grouped(budget.runs)}`;
  const parts = [`${grouped(scenarios)}${of}`, `${grouped(now)}/s now`, `${grouped(perSecond)}/s mean`];
  return [...parts, ...(skips > 0 ? [plural(skips, 'skip')] : [])].join('   ');
}

function findingWords({ findings, known }: Progress, { investigating }: ProgressDetail): string {
  return `${grouped(findings)} untriaged   ${grouped(known)} known   ${grouped(investigating)} in investigation`;
}

function ruleWords({ rulesExercised, rulesApplicable }: Progress, { leastCovered }: ProgressDetail): string {
  const least =
    leastCovered === undefined ? '' : `   least: ${printable(leastCovered.rule)} (${grouped(leastCovered.count)})`;
  return `${bar(rulesExercised, rulesApplicable)} ${rulesExercised} of ${rulesApplicable}${least}`;
}

/** `[########------------]`, in characters that every terminal has. */
export function bar(part: number, whole: number, cells = BAR_CELLS): string {
  const full = whole === 0 ? 0 : Math.min(cells, Math.floor((cells * part) / whole));
  return `[${'#'.repeat(full)}${'-'.repeat(cells - full)}]`;
}

/** A row for each worker, or all in one where there are too many. */
function workerRows({ slots, wedged }: ProgressDetail, room: number, terminal: Terminal): Row[] {
  const { yellow, red } = stylesOf(terminal);
  const lost: Row[] =
    wedged > 0 ? [{ label: 'lost', text: `${plural(wedged, 'worker')} stuck in the kernel`, style: red }] : [];
  const rows = slots.map((slot, i) => {
    const style = isTroubled(slot) ? yellow : (text: string): string => text;
    return { label: `worker ${i + 1}`, text: slotWords(slot), style };
  });
  if (rows.length + lost.length <= room) return [...rows, ...lost];
  const text = summed(slots) + (wedged > 0 ? `, ${wedged} lost in the kernel` : '');
  return [{ label: 'workers', text, style: slots.some(isTroubled) || wedged > 0 ? yellow : (all) => all }];
}

function isTroubled({ state, ms }: SlotHealth): boolean {
  return state === 'backed off' || (state === 'fuzzing' && ms > QUIET_MS);
}

function slotWords({ state, pid, ms, replaced }: SlotHealth): string {
  const parts = [state.padEnd(10)];
  if (state === 'backed off') parts.push(`next try in ${duration(ms)}`);
  else if (pid !== undefined) parts.push(`pid ${pid}`, ms < 1000 ? 'seen now' : `seen ${duration(ms)} ago`);
  if (replaced > 0) parts.push(plural(replaced, 'restart'));
  return parts.join('   ').trimEnd();
}

function summed(slots: readonly SlotHealth[]): string {
  const counts = new Map<string, number>();
  for (const { state } of slots) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}
