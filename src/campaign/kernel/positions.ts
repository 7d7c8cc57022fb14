import type { InFlight } from '../../driver/blackBox.js';
import { numberOf } from '../batches.js';
import type { Range } from '../run/ranges.js';
import { placeOf } from '../seeds.js';

/** Looks at one worker that are remembered: more than a report takes to be complete. */
const REMEMBERED = 16;
/** More scenarios than this between two looks: the worker went on to another shard. */
const MAX_STRETCH = 20_000;

interface Look {
  readonly ms: number;
  /** Numbers of the scenarios in flight within their campaign; undefined outside the batches. */
  readonly numbers: Range | undefined;
}

function numbersOf(inFlight: InFlight | undefined): Range | undefined {
  const numbers = (inFlight?.suspects ?? []).flatMap((id) => {
    const place = placeOf(id);
    return place === undefined ? [] : [numberOf(place)];
  });
  return numbers.length === 0 ? undefined : { from: Math.min(...numbers), to: Math.max(...numbers) + 1 };
}

/** What workers were executing whenever somebody looked. */
export class Positions {
  private readonly looks = new Map<number, Look[]>();

  /** Looks at the living workers. */
  sample(workers: readonly { readonly pid: number; readonly inFlight: InFlight | undefined }[], nowMs: number): void {
    const living = new Set(workers.map(({ pid }) => pid));
    for (const pid of this.looks.keys()) if (!living.has(pid)) this.looks.delete(pid);
    for (const { pid, inFlight } of workers) {
      const looks = this.looks.get(pid) ?? [];
      looks.push({ ms: nowMs, numbers: numbersOf(inFlight) });
      if (looks.length > REMEMBERED) looks.shift();
      this.looks.set(pid, looks);
    }
  }

  /**
   * The scenarios of a worker that may have caused what was read at `seenMs` and not at the look before.
   *
   * @returns undefined, when the worker executed none of the campaign's or was not looked at.
   */
  around(pid: number, seenMs: number): Range | undefined {
    const looks = this.looks.get(pid) ?? [];
    const next = looks.findIndex(({ ms }) => ms > seenMs);
    const end = next < 0 ? looks.length - 1 : next;
    const last = looks[end]?.numbers;
    // Two looks before the next one: the log is read just after a look.
    const first = looks[Math.max(0, end - 2)]?.numbers;
    if (last === undefined) return first;
    if (first === undefined || first.from > last.to || last.to - first.from > MAX_STRETCH) return last;
    return { from: first.from, to: last.to };
  }
}
