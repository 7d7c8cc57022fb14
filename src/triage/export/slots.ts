/** Steps that change memslots, as statements; what a slot is at each step follows from what the model expects. */
import type { StepExpectation } from '../../model/expectation.js';
import type { Memslot } from '../../scenario/stage2/steps.js';
import { awayGpa, type Shape } from './shape.js';
import { hexText, regionText } from './values.js';

interface Slot {
  exists: boolean;
  flags: Shape['flags'];
  away: boolean;
}

/** The flags of a memslot in C. */
export function slotFlags({ log, readonly }: Shape['flags']): string {
  const names = [log && 'KVM_MEM_LOG_DIRTY_PAGES', readonly && 'KVM_MEM_READONLY'].filter((name) => name !== false);
  return names.length === 0 ? '0' : names.join(' | ');
}

/** Whether the last call of a step is expected to succeed. */
function succeeds({ outcomes }: StepExpectation | { outcomes: readonly [] }): boolean {
  return outcomes.every(({ events }) => events.every((event) => event.kind !== 'result' || event.errno === 0));
}

/** Memslots from step to step. */
export class Slots {
  private readonly slots: ReadonlyMap<string, Slot>;

  constructor(private readonly shapes: readonly Shape[]) {
    this.slots = new Map(shapes.map(({ name, flags }) => [name, { exists: true, flags, away: false }]));
  }

  /** The calls of a step. */
  lines(step: Memslot, expectation: StepExpectation): string[] {
    const slot = this.slots.get(step.region);
    const shape = this.shapes.find(({ name }) => name === step.region);
    if (slot === undefined || shape === undefined) return [];
    const region = regionText(step.region);
    const next: Slot = { ...slot };
    const lines: string[] = [];
    const result = (expression: string): void => {
      lines.push(`\trecord_result(${expression});`);
    };
    if (step.action === 'delete') {
      next.exists = false;
      result(`delete_memslot(${region})`);
    } else {
      if (step.action === 'log') next.flags = { ...slot.flags, log: step.on };
      if (step.action === 'create' || step.action === 'replace') next.flags = step.flags;
      if (step.action === 'replace') {
        if (slot.exists) lines.push(`\tmust(delete_memslot(${region}), "KVM_SET_USER_MEMORY_REGION");`);
        next.away = false;
      }
      if (step.action === 'move') next.away = step.to === 'away';
      next.exists = true;
      const gpa = next.away ? awayGpa(shape) : shape.gpa;
      result(`set_memslot(${region}, ${slotFlags(next.flags)}, ${hexText(gpa)})`);
    }
    if (succeeds(expectation)) Object.assign(slot, next);
    else if (step.action === 'replace') slot.exists = false;
    return lines;
  }
}
