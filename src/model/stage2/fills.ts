import { archOf, fetchStub } from '../../scenario/stage2/arch.js';
import type { Stage2Config } from '../../scenario/stage2/config.js';
import { FILL_TAG, fillWord } from '../../scenario/stage2/layout.js';
import type { SlotRegion } from '../../scenario/stage2/steps.js';
import { tableWords as armTableWords } from './arm64/tables.js';
import type { Base, Fill } from './content.js';
import { REGION_NUMBER } from './regions.js';
import { tableWords as x86TableWords } from './x86/tables.js';

function tableWords(config: Stage2Config, page: number): (offset: number) => bigint {
  return 'granule' in config ? armTableWords(config, page) : x86TableWords(config, page);
}

/** The fill of one page of a region with a memslot. */
export function fillOf(config: Stage2Config, region: SlotRegion, page: number): Fill {
  if (region === 'pt') {
    const words = tableWords(config, page);
    return (base: Base, offset) => (base === 'zero' ? 0n : words(offset));
  }
  const number = REGION_NUMBER[region];
  const stub = fetchStub(archOf(config));
  return (base, offset) => (base === 'zero' ? 0n : fillWord(FILL_TAG[base], number, page, offset, stub));
}
