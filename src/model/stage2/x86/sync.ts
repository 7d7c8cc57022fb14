/**
 * Shadow paging lets leaf tables that the guest edits be out of step with their shadows. When a vCPU loads its root, or a table is
 * linked anew, KVM brings such a shadow up to date, and may map pages writable that nothing has written.
 */
import { PAGES_PER_HUGE_PAGE, PT_PAGE } from '../../../scenario/stage2/layout.js';
import { cachedPage } from '../cached.js';
import { markDirty } from '../dirt.js';
import { R } from '../rules/index.js';
import type { X86Run } from './run.js';

const REGIONS = ['data', 'data2'] as const;

/** A vCPU enters the guest. */
export function enterGuest(run: X86Run, vcpu: 0 | 1): void {
  if (!run.native || run.profile.paging === 'tdp') return;
  const { enteredAt, allDroppedAt, guestEditedAt, leafEditedAt, tick } = run.machine;
  // Before the scenario it may have run or not.
  const loadsRoot = enteredAt[vcpu] <= allDroppedAt;
  enteredAt[vcpu] = tick;
  if (leafEditedAt.size === 0) return;
  const relinks = [...guestEditedAt.values()].some((at) => at > allDroppedAt);
  if (loadsRoot || relinks) syncTables(run, vcpu);
}

/** Every shadow that is out of step is brought up to date. */
export function syncTables(run: X86Run, vcpu: 0 | 1): void {
  const { leafEditedAt, allDroppedAt } = run.machine;
  for (const [table, at] of leafEditedAt) if (at > allDroppedAt) syncTable(run, table, vcpu);
}

function syncTable(run: X86Run, table: number, vcpu: 0 | 1): void {
  for (const name of REGIONS) {
    const region = run.machine.regions[name];
    if (region === undefined) continue;
    for (let page = 0; page < region.pages; page++) {
      const own = PT_PAGE[name] + Math.floor((region.first + page) / PAGES_PER_HUGE_PAGE);
      const anew = run.profile.syncsWholeTables || cachedPage(run, name, page).grantedAt > run.machine.allDroppedAt;
      if (own === table && anew) markDirty(run, region, page, R.syncMayMark, false, vcpu);
    }
  }
}
