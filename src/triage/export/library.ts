/** Every piece of C that a case may use, in the order of the file. */
import type { ExportArch } from './arch.js';
import { compareFragments } from './common/compare.js';
import { constants, regionStruct } from './common/constants.js';
import { contentFragments } from './common/contents.js';
import { DIRTY } from './common/dirty.js';
import { eventFragments, eventRows } from './common/events.js';
import { EXPECTATIONS } from './common/expectations.js';
import { hostFragments } from './common/host.js';
import { RESULTS, STEP_FRAME } from './common/ktap.js';
import { memoryFragments } from './common/memory.js';
import { SETUP } from './common/setup.js';
import { userfaultFragments } from './common/userfault.js';
import { fragment, type Fragment } from './fragment.js';
import type { Needs } from './needs.js';
import type { ExportRequest } from './request.js';

/** @param regions the table of the regions; `setUp` is the function `set_up`. */
export function library(
  request: ExportRequest,
  arch: ExportArch,
  needs: Needs,
  regions: string,
  setUp: string,
): readonly Fragment[] {
  const rows = eventRows(needs, arch.rows, arch.levels);
  const own = arch.fragments(needs);
  return [
    ...own.layout,
    ...constants(request),
    regionStruct(needs, regions),
    ...RESULTS,
    ...eventFragments(needs, rows),
    ...compareFragments(needs, rows),
    ...STEP_FRAME,
    ...EXPECTATIONS,
    ...own.expectations,
    ...own.guest,
    ...memoryFragments(needs, arch.stub),
    ...hostFragments(needs, arch.stub),
    ...contentFragments(needs),
    ...DIRTY,
    ...userfaultFragments(needs),
    ...SETUP,
    ...own.tables,
    ...own.running,
    ...own.vcpuSetUp,
    fragment('set_up', setUp),
  ];
}
