import type { Arch } from '../../../scenario/stage2/arch.js';
import { FETCH_STUB_OFFSET, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { natureOf } from '../../../scenario/stage2/nature.js';
import { ARM_OP_NAMES, opInfo, X86_OP_NAMES, type Op } from '../../../scenario/stage2/ops.js';
import type { Access, Step } from '../../../scenario/stage2.js';
import { accessOf, pickRace } from '../access.js';
import { pagesOf, pickDataRegion, pickPage, type Draft, type Motif } from '../draft.js';
import type { Tables } from '../tables.js';
import type { StepField } from './field.js';
import { HOST_STEPS, hostStepBit } from './hostSteps.js';

/** The accesses of a step; none for what the host does. */
function accessBits(step: Step, bit: (access: Access) => number): number {
  if (step.kind === 'access') return bit(step);
  return step.kind === 'race' ? bit(step.a) | bit(step.b) : 0;
}

function opsOf(arch: Arch): readonly Op[] {
  return arch === 'aarch64' ? ARM_OP_NAMES : X86_OP_NAMES;
}

/** What operations do, by nature, to memory or to MMIO. */
function accessField(arch: Arch, name: string, mmio: boolean): StepField {
  const values = [...new Set(opsOf(arch).map(natureOf))];
  const bits = new Map(opsOf(arch).map((op) => [op, 1 << values.indexOf(natureOf(op))]));
  const opsFor = (value: number, ops: readonly Op[]): Op[] => ops.filter((op) => natureOf(op) === values[value]);
  return {
    name,
    values,
    of: (step) => accessBits(step, ({ op, region }) => ((region === 'none') === mmio ? (bits.get(op) ?? 0) : 0)),
    motif: (value, { ops }): Motif | undefined => {
      const kernel = opsFor(value, ops.kernel);
      const user = opsFor(value, ops.user);
      if (kernel.length + user.length === 0) return undefined;
      return (draft) => {
        const [first, ...rest] = draft.config.privilege === 'kernel' ? kernel : user;
        if (first === undefined) return;
        const region = mmio ? 'none' : pickDataRegion(draft);
        draft.steps.push(accessOf(draft, draft.dice.pick([first, ...rest]), region, pickPage(draft, region)));
      };
    },
    needs: (value, { privilege }) => {
      const isPrivileged = values[value]?.startsWith('at_') === true;
      return isPrivileged && privilege === 'user' ? ['privilege', 'kernel'] : undefined;
    },
  };
}

const MANNERS = ['in a page', 'across pages', 'sweep', 'race'];

function mannerBit(step: Step): number {
  if (step.kind === 'race') return 8;
  if (step.kind !== 'access') return 0;
  if (step.sweep > 1) return 4;
  return step.offset + step.width * step.count > PAGE_SIZE ? 2 : 1;
}

/** An access that covers more than one page of a region, where one has two. */
function widerAccess(manner: number, tables: Tables): Motif | undefined {
  const fits = (op: Op): boolean => {
    const { reads, widths, aligned, peer } = opInfo(op);
    return reads && !aligned && peer === 'none' && widths.includes(8);
  };
  const kernel = tables.ops.kernel.filter(fits);
  const user = tables.ops.user.filter(fits);
  return (draft: Draft) => {
    const { config, dice, steps } = draft;
    const [first, ...rest] = config.privilege === 'kernel' ? kernel : user;
    const region = (['data', 'data2', 'none'] as const).find((name) => (config[name]?.pages ?? 0) > 1);
    if (first === undefined || region === undefined) return;
    const page = dice.below(pagesOf(config, region) - 1);
    const access = accessOf(draft, dice.pick([first, ...rest]), region, page);
    const plain = { ...access, width: 8, count: 1 } as const;
    if (manner === 2) steps.push({ ...plain, offset: dice.below(FETCH_STUB_OFFSET / 8 - 1) * 8, sweep: 2 });
    else steps.push({ ...plain, offset: PAGE_SIZE - 4, sweep: 1 });
  };
}

const mannerField: StepField = {
  name: 'access',
  values: MANNERS,
  of: mannerBit,
  motif: (value, tables) => {
    switch (value) {
      case 0:
        return (draft) => {
          const op = draft.dice.pick(tables.raceOps);
          draft.steps.push({ ...accessOf(draft, op, 'data', 0), offset: 0, sweep: 1 });
        };
      case 3:
        return (draft) => {
          if (draft.config.vcpus === 2) draft.steps.push(pickRace(draft));
        };
      default:
        return widerAccess(value, tables);
    }
  },
  needs: (value, { vcpus, data, data2, none }) => {
    if (value === 3) return vcpus === 1 ? ['vCPUs', '2'] : undefined;
    const hasTwo = data.pages > 1 || (data2?.pages ?? 0) > 1 || none.pages > 1;
    return value !== 0 && !hasTwo ? ['data size', 'few pages'] : undefined;
  },
};

const hostField: StepField = {
  name: 'step',
  values: HOST_STEPS.map(({ name }) => name),
  of: hostStepBit,
  motif: (value) => HOST_STEPS[value]?.motif,
  needs: (value, config) => HOST_STEPS[value]?.needs?.(config),
};

/** Fields of what is done. */
export function stepFields(arch: Arch): readonly StepField[] {
  return [accessField(arch, 'memory access', false), accessField(arch, 'MMIO access', true), mannerField, hostField];
}
