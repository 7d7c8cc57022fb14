/** Scenarios of the stage2 family in words: what reports group by and people read. */
import type { Stage2Scenario } from '../../scenario/stage2.js';
import type { SlotFlags, Stage2Config, Uffd } from '../../scenario/stage2/config.js';
import { natureOf } from '../../scenario/stage2/nature.js';
import { isCompare, opInfo } from '../../scenario/stage2/ops.js';
import type { Access, Step } from '../../scenario/stage2/steps.js';
import { PAGE_SIZE } from '../../scenario/stage2/layout.js';

function flagWords({ log, readonly }: SlotFlags): string {
  if (log) return readonly ? 'log+ro' : 'log';
  return readonly ? 'ro' : '';
}

function uffdWords(uffd: Uffd | null): string {
  if (uffd === null) return '';
  const modes = [uffd.missing && 'missing', uffd.minor && 'minor', uffd.wp && 'wp'].filter((word) => word !== false);
  return `uffd-${modes.join('+')}`;
}

/** Called for every scenario, so it makes no lists. */
export function regionWords({
  backing,
  flags,
  uffd,
}: {
  backing: string;
  flags: SlotFlags;
  uffd: Uffd | null;
}): string {
  const slot = flagWords(flags);
  const plain = slot === '' ? backing : `${backing} ${slot}`;
  return uffd === null ? plain : `${plain} ${uffdWords(uffd)}`;
}

/** The guest's privilege as its architecture calls it. */
export function privilegeWord(config: Stage2Config): string {
  const kernel = config.privilege === 'kernel';
  if ('granule' in config) return kernel ? 'EL1' : 'EL0';
  return kernel ? 'CPL0' : 'CPL3';
}

/** Coarse configuration: privilege, the granule where there is a choice, dirty tracking and the data region. */
export function configurationWords({ config }: Stage2Scenario): string {
  const granule = 'granule' in config ? `${config.granule} ` : '';
  return `${privilegeWord(config)} ${granule}${config.dirtyTracking} ${regionWords(config.data)}`;
}

function straddles(access: Access): boolean {
  return access.offset + access.width * access.count > PAGE_SIZE;
}

/** Where a step acts, in one word. */
function kindOf(region: string): string {
  return region === 'pt' ? 'page tables' : region === 'none' ? 'MMIO' : 'data';
}

/** A step without its numbers: what it is and on what kind of memory. */
export function stepShape(step: Step | undefined): string {
  if (step === undefined) return 'end';
  switch (step.kind) {
    case 'access':
      return `${natureOf(step.op)} ${kindOf(step.region)}${straddles(step) ? ' straddling' : ''}`;
    case 'race':
      return 'race';
    case 'hole':
      return `hole ${step.how} ${kindOf(step.region)}`;
    case 'pte':
      return `pte ${step.level} ${step.set ? 'set' : 'clear'} ${step.flag} by ${step.by}`;
    case 'memslot':
      return `memslot ${step.action} ${kindOf(step.region)}`;
    case 'dirtyLog':
      return 'region' in step ? `dirty ${step.action} ${kindOf(step.region)}` : `ring ${step.action}`;
    case 'host':
      return `host ${step.action}`;
    case 'uffd':
      return `uffd ${step.action} ${kindOf(step.region)}`;
  }
}

function accessText(access: Access): string {
  const at = `${access.region}[${access.page}]+0x${access.offset.toString(16)}`;
  const peer =
    access.peer.region === 'scratch'
      ? 'scratch'
      : `${access.peer.region}[${access.peer.page}]+0x${access.peer.offset.toString(16)}`;
  const info = opInfo(access.op);
  return [
    `vCPU ${access.vcpu}: ${access.op} ${access.width} at ${at}`,
    info.writes ? `value ${access.value}` : '',
    info.peer === 'none' ? '' : `peer ${peer}`,
    isCompare(access.op) ? `comparand ${access.comparand}` : '',
    access.count > 1 ? `${access.count} elements` : '',
    access.sweep > 1 ? `on ${access.sweep} pages` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function range(step: { page: number; pages: number }): string {
  return step.pages === 1 ? `[${step.page}]` : `[${step.page}..${step.page + step.pages - 1}]`;
}

/** A step with its numbers, one line. */
export function stepText(step: Step): string {
  switch (step.kind) {
    case 'access':
      return accessText(step);
    case 'race':
      return `race: ${accessText(step.a)} | ${accessText(step.b)}`;
    case 'hole':
      return `hole by ${step.how} in ${step.region}${range(step)}`;
    case 'pte':
      return `${step.by} ${step.set ? 'sets' : 'clears'} ${step.flag} in the ${step.level} of ${step.region}[${step.page}]${step.flush ? '' : ', no flush'}`;
    case 'memslot': {
      const detail =
        step.action === 'log'
          ? step.on
            ? ' on'
            : ' off'
          : step.action === 'move'
            ? ` ${step.to}`
            : 'flags' in step
              ? ` with flags ${flagWords(step.flags) || 'none'}`
              : '';
      return `memslot ${step.region}: ${step.action}${detail}`;
    }
    case 'dirtyLog':
      return step.action === 'clear'
        ? `dirty log clear ${step.region}${range(step)}`
        : step.action === 'get'
          ? `dirty log get ${step.region}`
          : `dirty ring ${step.action}`;
    case 'host':
      return hostText(step);
    case 'uffd':
      return `uffd ${step.action} ${step.region}${'pages' in step ? range(step) : ` ${uffdWords(step.action === 'unregister' ? null : step.uffd)}`}`.trimEnd();
  }
}

function hostText(step: Extract<Step, { kind: 'host' }>): string {
  switch (step.action) {
    case 'read':
      return `host reads ${step.region}[${step.page}]+0x${step.offset.toString(16)}`;
    case 'write':
      return `host writes ${step.value} to ${step.region}[${step.page}]+0x${step.offset.toString(16)}`;
    case 'mprotect':
      return `host mprotects ${step.region}${range(step)} to ${step.prot}`;
    case 'fork':
      return 'host forks a child that holds the memory';
    case 'release':
      return 'host releases the child';
  }
}
