/** What memory must hold at the end, as statements. */
import type { Expectation, ExpectedPage } from '../../model/expectation.js';
import { basesText } from './common/contents.js';
import { folded, type Item } from './loops.js';
import { call, cString } from './text.js';
import { bitsText, hexText, pageText, regionText } from './values.js';

function item(page: ExpectedPage): Item {
  const region = regionText(page.region);
  return {
    page: page.page,
    lines: (indent, base) => {
      const at = pageText(page.page, base);
      const words = [...page.words].flatMap(([offset, word]) =>
        call('expect_word', [region, at, hexText(offset), bitsText(word, base)], indent),
      );
      return [...call('expect_page', [cString(page.rule), region, at, basesText(page.bases)], indent), ...words];
    },
  };
}

/** Statements that say which pages may differ from what they held at the start, and compare all. */
export function memoryLines({ openPages, pages }: Expectation, indent: number): string[] {
  if (openPages) return [];
  return [...folded(pages.map(item), indent), `${'\t'.repeat(indent)}check_memory();`];
}
