export type SlotState = 'starting' | 'fuzzing' | 'shrinking' | 'backed off' | 'ended';

/** How the worker of a slot is. */
export interface SlotHealth {
  readonly state: SlotState;
  /** Undefined: there is none at the moment. */
  readonly pid: number | undefined;
  /** Since the worker's last sign of life, or, while backed off, until the next try. */
  readonly ms: number;
  /** Workers that took the place of a dead one. */
  readonly replaced: number;
}
