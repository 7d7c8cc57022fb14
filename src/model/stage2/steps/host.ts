import type { Host } from '../../../scenario/stage2/steps.js';
import { dropCached } from '../cached.js';
import { markFalsely } from '../dirt.js';
import { touchHost } from '../host.js';
import { exactly } from '../masked.js';
import { R } from '../rules/index.js';
import type { Run } from '../run.js';
import { contentOf, type RegionState } from '../state.js';
import { plainResult, refusedByDriver, result, unitSpan, unitsIn } from './common.js';

/** The host's access to this page gets a signal. False: it does not, because the rule is broken. */
export function hostSignal(run: Run, region: RegionState, page: number): boolean {
  if (!run.docket.holds(R.hostSignal)) return false;
  run.events.push({ kind: 'sigbus', rule: R.hostSignal.id, vcpu: 'host', region: region.name, page });
  return true;
}

function mprotect(run: Run, step: Extract<Host, { action: 'mprotect' }>): void {
  const region = run.machine.region(step.region);
  for (const page of unitsIn(region, step.page, step.pages)) {
    const span = unitSpan(region, page);
    // The kernel leaves a mapping alone that has this protection already (mm/mprotect.c), and KVM hears nothing.
    if ((region.prot.get(page) ?? 'read_write') !== step.prot) dropCached(run, region, page, span);
    for (let at = page; at < page + span; at++) region.protect(at, step.prot);
  }
  result(run, R.mprotectWorks, 0);
}

/** Interprets a `host` step. */
export function stepHost(run: Run, step: Host): void {
  const { machine } = run;
  switch (step.action) {
    case 'read':
    case 'write': {
      const region = machine.region(step.region);
      const write = step.action === 'write';
      if (touchHost(run, region, step.page, write, 'host') !== 'ok') {
        if (machine.lost || hostSignal(run, region, step.page)) return;
      }
      const content = contentOf(region, step.page);
      if (step.action === 'read') {
        const { value, known } = content.word(step.offset);
        const seen = run.docket.holds(R.hostSeesGuest) ? value : ~value & known;
        plainResult(run, R.hostSeesGuest, 0, { value: seen, known });
        return;
      }
      if (run.docket.holds(R.guestSeesHost)) content.setWord(step.offset, exactly(BigInt(step.value)));
      if (!run.docket.holds(R.hostWriteSilent)) markFalsely(region, step.page, R.hostWriteSilent);
      plainResult(run, R.guestSeesHost, 0);
      return;
    }
    case 'mprotect':
      mprotect(run, step);
      return;
    case 'fork':
      if (machine.forked) {
        refusedByDriver(run);
        return;
      }
      machine.forked = true;
      plainResult(run, R.forkIsolates, 0);
      return;
    case 'release':
      if (!machine.forked) {
        refusedByDriver(run);
        return;
      }
      expectChild(run);
      return;
  }
}

/** The child's report when it is released. */
export function expectChild(run: Run): void {
  run.machine.forked = false;
  const changed = !run.docket.holds(R.forkIsolates);
  run.events.push({ kind: 'child', rule: R.forkIsolates.id, changed });
}
