/** What a report of dirty pages must and may contain, as statements. */
import type { DirtyPages, Expected } from '../../model/expectation.js';
import { ranges } from './loops.js';
import { call, cString } from './text.js';
import { regionText, type RegionName } from './values.js';

function pagesLines(region: RegionName, { must, may, elseRule }: DirtyPages, indent: number): string[] {
  const name = regionText(region);
  const byRule = new Map<string, number[]>();
  for (const [page, rule] of must) byRule.set(rule, [...(byRule.get(rule) ?? []), page]);
  const demanded = [...byRule].flatMap(([rule, pages]) =>
    ranges(pages).flatMap(([first, last]) =>
      call('expect_dirty', [cString(rule), name, `${first}`, `${last}`], indent),
    ),
  );
  const allowed = ranges(may.keys()).flatMap(([first, last]) =>
    call('allow_dirty', [name, `${first}`, `${last}`], indent),
  );
  return [...demanded, ...allowed, ...call('check_dirty', [name, cString(elseRule)], indent)];
}

/** Statements that compare the reports of one step. */
export function dirtyLines(events: readonly Expected[], indent: number): string[] {
  return events.flatMap((event) => {
    if (event.kind === 'dirty') return pagesLines(event.region, event.pages, indent);
    if (event.kind !== 'ring') return [];
    const names = ['pt', 'data', 'data2'] as const;
    return names.flatMap((name) => {
      const pages = event.regions[name];
      return pages === undefined ? [] : pagesLines(name, pages, indent);
    });
  });
}
