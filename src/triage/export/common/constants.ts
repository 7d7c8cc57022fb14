/** Numbers of a case, and the table of its regions. */
import { BACKING_INFO } from '../../../scenario/stage2/backing.js';
import type { Stage2Config } from '../../../scenario/stage2/config.js';
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';
import type { ExportRequest } from '../request.js';
import { regionText } from '../values.js';

/** Regions whose memory a child has pages of its own of. */
function privateRegions({ pt, data, data2 }: Stage2Config): string {
  const regions = { pt, data, data2 };
  const names = (['pt', 'data', 'data2'] as const).filter((name) => {
    const region = regions[name];
    return region !== null && !BACKING_INFO[region.backing].shared;
  });
  return names.length === 0 ? 'CODE' : names.map(regionText).join(', ');
}

export function constants({ scenario, expectation }: ExportRequest): readonly Fragment[] {
  const { config } = scenario;
  return [
    fragment('MMIO_READS', `#define MMIO_READS ${config.none.reads.join(', ')}`),
    fragment('UNTOUCHED_RULE', `#define UNTOUCHED_RULE "${expectation.untouchedRule}"`),
    fragment('PRIVATE_REGIONS', `#define PRIVATE_REGIONS ${privateRegions(config)}`),
  ];
}

export function regionStruct(needs: Needs, table: string): Fragment {
  return fragment(
    'region regions GVA',
    c`
static struct region {
	const char *name;
	uint64_t gpa, gva;
	int pages;			/* that the guest's tables map */
	size_t bytes;
${when(needs.uffd, '\tint unit;			/* of its pages: 4 KiB or 2 MiB */\n')}	uint8_t *hva;
	int fd;
} ${table.replace('static struct region ', '')}
#define GVA(region, page, offset) (regions[region].gva + (page) * PAGE + (offset))
`,
  );
}
