import type { Expected } from '../expectation.js';
import type { Stage2Profile } from '../../scenario/profile.js';
import type { Arch } from '../../scenario/stage2/arch.js';
import type { SlotRegion } from '../../scenario/stage2/steps.js';
import { R, type BookRule, type Docket } from './rules/index.js';
import type { Dirty, Machine } from './state.js';

/** Who makes an access: a vCPU, or the host through its own mapping. */
export type Who = 0 | 1 | 'host';

/** One pass of the interpreter: the machine it changes, the rules that decide and the events it predicts. */
export interface Run {
  readonly arch: Arch;
  machine: Machine;
  readonly profile: Stage2Profile;
  readonly docket: Docket;
  /** Guest code of this scenario runs on the processor; otherwise KVM emulates every instruction. */
  readonly native: boolean;
  /** Guest code runs at CPL3 or EL0. */
  readonly user: boolean;
  /** Events of the step at hand. */
  events: Expected[];
  /** Rule that left the rest open, once that happened. */
  openRule: string | undefined;
  /** What the instruction at hand did that counts only if it completes. */
  readonly pending: PendingUpdate[];
}

/** A bit set or a page marked by a walk of an instruction that may yet fault. */
export type PendingUpdate =
  | {
      readonly kind: 'bit';
      readonly page: number;
      readonly offset: number;
      readonly bit: number;
      readonly before: boolean;
    }
  | MarkUpdate;

/** A page that became certainly dirty, with what was predicted of it before. */
export interface MarkUpdate {
  readonly kind: 'mark';
  readonly region: SlotRegion;
  readonly page: number;
  readonly before: Dirty;
  /** The ring of this vCPU certainly got an entry. */
  readonly pushedBy: 0 | 1 | undefined;
}

/** From here on nothing is predicted, and `rule` is the reason. False: the rule is broken, and prediction goes on. */
export function loseTrack(run: Run, rule: BookRule): boolean {
  const holds = run.docket.holds(rule);
  // Of the rule that leaves things open itself, openStep says what its absence means.
  if (!holds && rule !== R.lost) return false;
  run.machine.lost = true;
  run.openRule = rule.id;
  return true;
}
