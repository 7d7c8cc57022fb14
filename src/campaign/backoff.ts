/** How long a slot waits that keeps failing. */
export interface Backoff {
  /** Wait after the third failure in a row; it doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
}

export const BACKOFF: Backoff = { firstMs: 1000, maxMs: 60_000 };

/** Failures in a row that cost no wait: a scenario that ends its worker is to cost the others nothing. */
const FREE = 2;

/** Failures in a row of every slot after which nothing is expected to work any more: once something has worked, and before. */
const HOPELESS = 10;
const HOPELESS_FROM_THE_START = 3;

/** The wait after so many failures in a row, in milliseconds. */
export function waitAfter(failures: number, { firstMs, maxMs }: Backoff): number {
  return failures <= FREE ? 0 : Math.min(maxMs, firstMs * 2 ** (failures - FREE - 1));
}

/** Follows the failures of all slots: one that fails waits while the others go on, and only when none works it is over. */
export class Patience {
  /** Something has worked. */
  worked = false;
  private readonly failures = new Map<object, number>();

  constructor(readonly backoff: Backoff = BACKOFF) {}

  /** A slot that is to work. */
  join(slot: object): void {
    this.failures.set(slot, 0);
  }

  leave(slot: object): void {
    this.failures.delete(slot);
  }

  succeeded(slot: object): void {
    this.worked = true;
    this.failures.set(slot, 0);
  }

  /** Returns the failures in a row. */
  failed(slot: object): number {
    const failures = (this.failures.get(slot) ?? 0) + 1;
    this.failures.set(slot, failures);
    return failures;
  }

  /** Nothing works, and nothing is expected to. */
  get over(): boolean {
    const limit = this.worked ? HOPELESS : HOPELESS_FROM_THE_START;
    return this.failures.size > 0 && [...this.failures.values()].every((failures) => failures >= limit);
  }
}
