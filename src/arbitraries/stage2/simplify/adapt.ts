import { ARM_TABLES, ptPages } from '../../../scenario/stage2/arch.js';
import { BACKING_INFO } from '../../../scenario/stage2/backing.js';
import type { Access, AccessRegion, Peer, SlotRegion, Stage2Config, Step } from '../../../scenario/stage2.js';

function inData<R extends AccessRegion | SlotRegion>(region: R, config: Stage2Config): R | 'data' {
  return region === 'data2' && config.data2 === null ? 'data' : region;
}

function adaptPeer(peer: Peer, config: Stage2Config): Peer {
  return peer.region === 'scratch' ? peer : { ...peer, region: inData(peer.region, config) };
}

function adaptAccess(access: Access, config: Stage2Config): Access {
  const { peer, region } = access;
  return {
    ...access,
    vcpu: config.vcpus === 1 ? 0 : access.vcpu,
    region: inData(region, config),
    peer: adaptPeer(peer, config),
  };
}

function adaptDirtyLog(step: Extract<Step, { kind: 'dirtyLog' }>, config: Stage2Config): Step[] {
  const { dirtyTracking } = config;
  if (step.action === 'harvest')
    return dirtyTracking === 'ring' ? [step] : [{ ...step, action: 'get', region: 'data' }];
  if (step.action === 'reset') return dirtyTracking === 'ring' ? [step] : [];
  if (step.action === 'clear' && dirtyTracking === 'bitmap') return [];
  return [{ ...step, region: inData(step.region, config) }];
}

/** With another granule the tables are elsewhere: the page that begins the table of the same level. */
function adaptTables(step: Step, from: Stage2Config, to: Stage2Config): Step {
  if (!('granule' in from) || !('granule' in to) || from.granule === to.granule) return step;
  if (!('page' in step) || step.region !== 'pt') return step;
  const old = ARM_TABLES[from.granule];
  const { l1, l2, l3 } = ARM_TABLES[to.granule];
  const page = step.page >= old.l3.data ? l3.data : step.page >= old.l2 ? l2 : l1;
  return { ...step, page, pages: Math.min(step.pages, ptPages(to) - page) };
}

function adaptStep(step: Step, config: Stage2Config): Step[] {
  switch (step.kind) {
    case 'access':
      return [adaptAccess(step, config)];
    case 'race': {
      const a = adaptAccess(step.a, config);
      const b = adaptAccess(step.b, config);
      return config.vcpus === 1 ? [a, b] : [{ kind: 'race', a, b }];
    }
    case 'hole': {
      const region = inData(step.region, config);
      const { backing } = (region === 'data2' ? config.data2 : config[region]) ?? config.data;
      return [{ ...step, region, how: BACKING_INFO[backing].holes.includes(step.how) ? step.how : 'dontneed' }];
    }
    case 'pte':
      return [{ ...step, region: inData(step.region, config), vcpu: config.vcpus === 1 ? 0 : step.vcpu }];
    case 'memslot':
      return [{ ...step, region: inData(step.region, config) } as Step];
    case 'dirtyLog':
      return adaptDirtyLog(step, config);
    case 'host':
      return 'region' in step ? [{ ...step, region: inData(step.region, config) }] : [step];
    case 'uffd':
      return [{ ...step, region: inData(step.region, config) }];
  }
}

/** Makes the steps, which fit one configuration, follow another one that can do less. */
export function adaptSteps(steps: readonly Step[], from: Stage2Config, to: Stage2Config): Step[] {
  return steps.flatMap((step) => adaptStep(adaptTables(step, from, to), to));
}
