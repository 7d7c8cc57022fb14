/** Draws a picture of a scenario: a column for each step, a lane for each page, as SVG inside the page. */
import type { LaneGroup, Mark, MarkKind, Picture, PictureColumn } from '../../campaign/picture.js';
import { plural } from '../../util/text.js';
import { type Markup, markup } from './markup.js';

const LANE_NAMES = 88;
const SLOT = 54;
const COLUMN_GAP = 8;
const LANE = 28;
const HEADER = 26;
const GROUP_HEADER = 22;

/** What each kind of mark means, in the order of the legend. */
const MEANINGS: Readonly<Record<MarkKind, string>> = {
  read: 'R read, T touched without reading',
  write: 'W written',
  update: 'A atomic: read and written',
  fetch: 'X executed',
  change: 'memslot, page-table entry or protection changed',
  hole: 'dropped by the host',
  uffd: 'userfaultfd set up',
  log: 'dirty state read or reset',
  message: 'observed: userfault message or signal',
  dirty: 'observed: reported dirty',
  absent: 'broken: expected and not seen',
  surplus: 'broken: seen and not expected',
};

interface Column {
  readonly x: number;
  readonly width: number;
}

/** @param broken columns in which a rule broke. */
export function drawPicture(picture: Picture, broken: ReadonlySet<number>): Markup {
  const slots = slotsOf(picture);
  const columns = columnsOf(picture, slots);
  const lanes = laneTops(picture.groups);
  const last = columns.at(-1);
  const width = last === undefined ? LANE_NAMES : last.x + last.width;
  const height = (lanes.at(-1) ?? HEADER) + LANE + 2;
  const steps = plural(picture.columns.length, 'column');
  const label = `Steps against pages: ${steps}, ${picture.groups.map(({ name }) => name).join(', ')}. The timeline below says the same in words.`;
  return markup`<div class="wide" tabindex="0" role="region" aria-label="Picture of the steps"><svg role="img" aria-label="${label}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-size="13">
${columns.map((column, i) => header(column, picture.columns[i], broken.has(i), height))}${drawGroups(picture.groups, width)}${picture.marks.map((mark, i) => drawMark(mark, slots[i] ?? 0, columns, lanes))}
</svg></div>`;
}

/** The kinds of marks that occur in some pictures, explained. */
export function drawLegend(pictures: readonly Picture[]): Markup | undefined {
  const used = new Set(pictures.flatMap(({ marks }) => marks.map(({ kind }) => kind)));
  const kinds = (Object.keys(MEANINGS) as MarkKind[]).filter((kind) => used.has(kind));
  if (kinds.length === 0) return undefined;
  const items = kinds.map((kind) => {
    const swatch = markup`<svg class="m-${kind}" width="22" height="16" aria-hidden="true"><rect class="mark-box" x="1.5" y="1.5" width="19" height="13" rx="3"/></svg>`;
    return markup`<li>${swatch}${MEANINGS[kind]}</li>`;
  });
  return markup`<ul class="legend" aria-label="What the marks mean">${items}<li class="soft">the digit is the vCPU, h the host</li></ul>`;
}

/** Marks that share lanes of a column stand side by side: the place of each, from the left. */
function slotsOf({ marks }: Picture): number[] {
  const slots: number[] = [];
  marks.forEach((mark, i) => {
    const taken = new Set<number>();
    for (let j = 0; j < i; j++) {
      const other = marks[j];
      if (other !== undefined && overlap(mark, other)) taken.add(slots[j] ?? 0);
    }
    let slot = 0;
    while (taken.has(slot)) slot++;
    slots.push(slot);
  });
  return slots;
}

function overlap(a: Mark, b: Mark): boolean {
  return a.column === b.column && a.lane < b.lane + b.lanes && b.lane < a.lane + a.lanes;
}

function columnsOf({ columns, marks }: Picture, slots: readonly number[]): Column[] {
  let x = LANE_NAMES;
  return columns.map((_, i) => {
    const used = marks.flatMap((mark, j) => (mark.column === i ? [(slots[j] ?? 0) + 1] : []));
    const width = Math.max(1, ...used) * SLOT + COLUMN_GAP;
    x += width;
    return { x: x - width, width };
  });
}

function laneTops(groups: readonly LaneGroup[]): number[] {
  let y = HEADER;
  return groups.flatMap(({ lanes }) => {
    y += GROUP_HEADER;
    return lanes.map(() => (y += LANE) - LANE);
  });
}

function header({ x, width }: Column, words: PictureColumn | undefined, isBroken: boolean, height: number): Markup {
  const shade = isBroken
    ? markup`<rect class="column-broken" x="${x}" y="0" width="${width}" height="${height}"/>`
    : undefined;
  const name = words?.name ?? '';
  const text = isBroken ? `✗ ${name}` : name;
  const kind = isBroken ? 'strong bad' : 'strong';
  return markup`${shade}<text class="${kind}" x="${x + width / 2}" y="17" text-anchor="middle">${text}<title>${words?.words}</title></text><path class="grid" d="M${x} ${HEADER}V${height}"/>`;
}

function drawGroups(groups: readonly LaneGroup[], width: number): Markup[] {
  let y = HEADER;
  return groups.flatMap(({ name, note, lanes }) => {
    const note2 = note === '' ? undefined : markup`<tspan class="soft" dx="8">${note}</tspan>`;
    const title = markup`<path class="grid" d="M0 ${y}H${width}"/><text x="4" y="${y + 15}"><tspan class="strong">${name}</tspan>${note2}</text>`;
    y += GROUP_HEADER;
    return [title, ...lanes.map((lane) => laneLine(lane, (y += LANE) - LANE, width))];
  });
}

function laneLine(name: string, y: number, width: number): Markup {
  return markup`<text class="soft" x="${LANE_NAMES - 8}" y="${y + 19}" text-anchor="end">${name}</text><path class="grid" stroke-dasharray="1 3" d="M${LANE_NAMES} ${y + LANE}H${width}"/>`;
}

function drawMark(mark: Mark, slot: number, columns: readonly Column[], lanes: readonly number[]): Markup | undefined {
  const column = columns[mark.column];
  const top = lanes[mark.lane];
  const bottom = lanes[mark.lane + mark.lanes - 1];
  if (column === undefined || top === undefined || bottom === undefined) return undefined;
  const x = column.x + COLUMN_GAP / 2 + slot * SLOT + 2;
  const height = bottom - top + LANE - 4;
  const y = top + 2;
  return markup`<g class="m-${mark.kind}"><title>${mark.words}</title><rect class="mark-box" x="${x}" y="${y}" width="${SLOT - 4}" height="${height}" rx="4"/><text x="${x + SLOT / 2 - 2}" y="${y + height / 2 + 4.5}" text-anchor="middle">${mark.label}</text></g>`;
}
