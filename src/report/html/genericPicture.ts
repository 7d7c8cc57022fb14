import type { Recorded, TimelineRow } from '../../campaign/family.js';
import type { LaneGroup, Mark, Picture } from '../../campaign/picture.js';

/** Things that words name by number: `data[3]`, `[0..2]`, `page 7`. */
const NUMBERED = /(\b[a-z]\w*)?\[(\d+)(?:\.\.(\d+))?\]|\b(page) (\d+)/g;
/** Things of one range that are drawn; a range may be of any length. */
const MAX_RANGE = 32;

/** The picture of a family that has none of its own: steps against the numbered things that their words name. */
export function genericPicture({ timeline, mismatches }: Recorded): Picture | undefined {
  const named = timeline.map(namesIn);
  const lanes = [...new Set(named.flat())].sort(byName);
  if (lanes.length === 0) return undefined;
  const groups: LaneGroup[] = [];
  for (const lane of lanes) {
    const [name = '', number = ''] = lane.split(' ');
    const group = groups.at(-1);
    if (group?.name === name) groups[groups.length - 1] = { ...group, lanes: [...group.lanes, number] };
    else groups.push({ name, note: '', lanes: [number] });
  }
  const broken = new Set(mismatches.map(({ step }) => Math.min(step, timeline.length - 1)));
  const marks = named.flatMap((names, column) =>
    names.map((name): Mark => {
      const words = timeline[column]?.step ?? '';
      const kind = broken.has(column) ? 'surplus' : 'change';
      return { column, lane: lanes.indexOf(name), lanes: 1, kind, label: '●', words };
    }),
  );
  return {
    groups,
    columns: timeline.map(({ step }, i) => ({ name: step === 'end' ? step : (i + 1).toString(), words: step })),
    marks,
  };
}

function namesIn({ step, observed }: TimelineRow): string[] {
  const found = [step, ...observed].flatMap((text) => [...text.matchAll(NUMBERED)]);
  const names = found.flatMap(([, name, first, last = first, page, number = first]) => {
    const [from, to] = page === undefined ? [Number(first), Number(last)] : [Number(number), Number(number)];
    const length = Math.max(1, Math.min(to - from + 1, MAX_RANGE));
    return Array.from({ length }, (_, i) => `${name ?? 'page'} ${from + i}`);
  });
  return [...new Set(names)];
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
