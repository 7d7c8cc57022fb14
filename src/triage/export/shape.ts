/** How a scenario's regions lie in memory. */
import type { Backing, DataRegion, PtRegion, Stage2Config } from '../../scenario/stage2/config.js';
import { ptPages } from '../../scenario/stage2/arch.js';
import { BACKING_INFO } from '../../scenario/stage2/backing.js';
import { GPA, HUGE_PAGE_SIZE, PAGE_SIZE } from '../../scenario/stage2/layout.js';
import type { Access, SlotRegion } from '../../scenario/stage2/steps.js';

export interface Shape {
  readonly name: SlotRegion;
  readonly backing: Backing;
  readonly flags: { readonly log: boolean; readonly readonly: boolean };
  readonly uffd: PtRegion['uffd'];
  /** Pages of 4 KiB that the guest's tables map. */
  readonly pages: number;
  readonly offsetPages: number;
  /** Size of the memory and of the slot. */
  readonly bytes: number;
  /** Guest-physical address at the start. */
  readonly gpa: number;
}

function shapeOf(name: SlotRegion, region: PtRegion | DataRegion, config: Stage2Config): Shape {
  const { backing, flags, uffd } = region;
  const [pages, offsetPages] = 'pages' in region ? [region.pages, region.offsetPages] : [ptPages(config), 0];
  const bytes = BACKING_INFO[backing].huge ? HUGE_PAGE_SIZE : pages * PAGE_SIZE;
  return { name, backing, flags, uffd, pages, offsetPages, bytes, gpa: GPA[name] + offsetPages * PAGE_SIZE };
}

/** The regions that have memory. */
export function shapesOf(config: Stage2Config): Shape[] {
  const shapes = [shapeOf('pt', config.pt, config), shapeOf('data', config.data, config)];
  return config.data2 === null ? shapes : [...shapes, shapeOf('data2', config.data2, config)];
}

/** Where the `move` step puts a slot. */
export function awayGpa({ name, gpa }: Shape): number {
  if (name === 'pt') return gpa;
  return gpa - GPA[name] + (name === 'data' ? GPA.dataAway : GPA.data2Away);
}

/** First page and size in bytes of what a range of pages covers: whole huge pages of hugetlbfs. */
export function coveredRange(
  { backing, bytes }: Shape,
  { page, pages }: { readonly page: number; readonly pages: number },
): { readonly page: number; readonly bytes: number } {
  const unit = BACKING_INFO[backing].hugetlb ? HUGE_PAGE_SIZE : PAGE_SIZE;
  const start = Math.floor((page * PAGE_SIZE) / unit) * unit;
  const end = Math.min(bytes, Math.ceil(((page + pages) * PAGE_SIZE) / unit) * unit);
  return { page: start / PAGE_SIZE, bytes: end - start };
}

/**
 * The page of an access and, where the operand's last byte is on it, the one behind it, as far as they are mapped.
 *
 * @param last offset of that byte from the start of the page.
 */
export function touchedPages(access: Access, page: number, last: number, config: Stage2Config): readonly number[] {
  const { pages } = (access.region === 'none' ? config.none : config[access.region]) ?? config.data;
  return last >= PAGE_SIZE && page + 1 < pages ? [page, page + 1] : [page];
}
