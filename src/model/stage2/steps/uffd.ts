import type { Uffd } from '../../../scenario/stage2/config.js';
import type { UffdStep } from '../../../scenario/stage2/steps.js';
import { dropCached } from '../cached.js';
import { R } from '../rules/index.js';
import type { Run } from '../run.js';
import { unitOf, type RegionState } from '../state.js';
import { EBUSY, ENOENT, plainResult, refusedByDriver, result, unitSpan, unitsIn } from './common.js';

/** The modes in force after a registration, with the new script. */
function registeredModes(run: Run, before: Uffd | undefined, wanted: Uffd): Uffd {
  if (before === undefined) return wanted;
  const adds = (wanted.missing && !before.missing) || (wanted.minor && !before.minor) || (wanted.wp && !before.wp);
  if (adds || !run.docket.holds(R.registerAgain)) return wanted;
  return { ...wanted, missing: before.missing, minor: before.minor, wp: before.wp };
}

/** Interprets a `uffd` step. */
export function stepUffd(run: Run, step: UffdStep): void {
  const region = run.machine.region(step.region);
  switch (step.action) {
    case 'register':
      if (
        region.uffd?.wp === true &&
        !step.uffd.wp &&
        !run.profile.uffdDropsWp &&
        run.docket.holds(R.registerKeepsWp)
      ) {
        plainResult(run, R.registerKeepsWp, EBUSY);
        return;
      }
      region.uffd = registeredModes(run, region.uffd, step.uffd);
      region.wpAsked = step.uffd.wp;
      result(run, R.ioctlWorks, 0);
      return;
    case 'answers':
      if (region.uffd !== undefined) {
        region.uffd = { ...step.uffd, missing: region.uffd.missing, minor: region.uffd.minor, wp: region.uffd.wp };
      }
      result(run, R.ioctlWorks, 0);
      return;
    case 'unregister':
      if (region.uffd === undefined) {
        refusedByDriver(run);
        return;
      }
      if (run.docket.holds(R.unregisterClears)) {
        region.uffd = undefined;
        for (const unit of region.units.values()) unit.wp = 'no';
      }
      result(run, R.ioctlWorks, 0);
      return;
    case 'protect':
    case 'unprotect':
      if (region.uffd === undefined || !region.wpAsked) {
        refusedByDriver(run);
        return;
      }
      if (
        !run.profile.uffdWpSpansMappings &&
        isSplit(region, step.page, step.pages) &&
        run.docket.holds(R.protectOneMapping)
      ) {
        plainResult(run, R.protectOneMapping, ENOENT);
        return;
      }
      result(run, R.ioctlWorks, 0);
      for (const page of unitsIn(region, step.page, step.pages))
        protectUnit(run, region, page, step.action === 'protect');
  }
}

/** The host protects some of the pages in another way than the others: these are mappings of their own. */
function isSplit(region: RegionState, page: number, pages: number): boolean {
  const prots = unitsIn(region, page, pages).map((at) => region.prot.get(at) ?? 'read_write');
  return new Set(prots).size > 1;
}

function protectUnit(run: Run, region: RegionState, page: number, protect: boolean): void {
  const unit = unitOf(region, page);
  dropCached(run, region, page, unitSpan(region, page));
  if (!protect) {
    unit.wp = 'no';
    return;
  }
  if (!run.docket.holds(R.protectPresent)) return;
  const anonymous = !region.shared && !region.huge;
  if (unit.presence === 'mapped' || !anonymous) unit.wp = 'yes';
}
