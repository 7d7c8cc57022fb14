import { renamed } from './aliases.js';
import { type Range, union, without } from './ranges.js';
import type { JournalRecord, LegCounts } from './records.js';
import type { Shard } from './shard.js';
import type { FindingRecord, LegRecord, OpenShard } from './types.js';

type Kind<K extends JournalRecord['kind']> = Extract<JournalRecord, { kind: K }>;
export type OfLeg = Kind<'begun' | 'totals' | 'finding' | 'renamed'>;

const NOTHING: LegCounts = {
  scenarios: 0,
  decided: {},
  skips: {},
  configurations: {},
  occurrences: {},
  harness: {},
  workerRestarts: 0,
};

/** Not every record of the totals has what is long: it is what it was before. */
function withBulk(counts: LegCounts, before: LegCounts): LegCounts {
  const { configurations = before.configurations, pairs = before.pairs } = counts;
  return { ...counts, configurations, pairs };
}

/** One leg of a run, record by record. */
export class LegFold {
  private counts = NOTHING;
  private legMs = 0;
  private done: readonly Range[] = [];
  private begun: { readonly lane: number; readonly shard: Shard }[] = [];
  private readonly findings = new Map<string, FindingRecord>();
  private readonly aliases: Record<string, string> = {};

  private constructor(private readonly leg: Kind<'leg'>) {}

  /** @param before the same leg until now. */
  static of(leg: Kind<'leg'>, before: LegFold | undefined): LegFold {
    const fold = new LegFold(leg);
    return before === undefined ? fold : Object.assign(before, { leg });
  }

  add(record: OfLeg): void {
    switch (record.kind) {
      case 'begun':
        this.begin(record);
        break;
      case 'totals':
        this.counts = withBulk(record.counts, this.counts);
        this.legMs = record.legMs;
        this.done = record.done;
        // Keeps the list short: what is done is of no interest any more.
        this.begun = this.begun.filter(({ shard }) => without(shard, this.done).length > 0);
        break;
      case 'finding': {
        const { finding, settled, death } = record;
        this.findings.set(finding.signature, { finding, settled, ...(death === undefined ? {} : { death }) });
        break;
      }
      case 'renamed':
        this.findings.delete(record.signature);
        this.aliases[record.signature] = record.became;
        break;
    }
  }

  record(): LegRecord {
    const { leg, family, target, profile, applicable, outcomes: documented } = this.leg;
    const { counts, done, aliases } = this;
    const { scenarios, decided, skips, configurations = {}, harness, workerRestarts, pairs } = counts;
    const occurrences = renamed(counts.occurrences, aliases);
    return {
      ...{ leg, family, target, profile, applicable },
      ...{ scenarios, decided, skips, configurations, harness, workerRestarts, pairs },
      ...{ done, aliases },
      ...(documented === undefined ? {} : { outcomes: { counts: counts.outcomes ?? {}, documented } }),
      elapsedMs: this.legMs,
      occurrences,
      known: this.known(occurrences),
      findings: [...this.findings.values()],
      open: this.open(),
    };
  }

  private begin({ lane, seed, from, to, focus }: Kind<'begun'>): void {
    this.begun.push({ lane, shard: { seed, from, to, ...(focus === undefined ? {} : { focus }) } });
  }

  /** What was begun and is not done, each number once: what was begun later stands for what it was before. */
  private open(): OpenShard[] {
    const last = new Map(this.begun.map(({ lane }, index) => [lane, index]));
    const open: OpenShard[] = [];
    let covered = this.done;
    for (const [index, { lane, shard }] of [...this.begun.entries()].reverse()) {
      const left = without(shard, covered).map((range) => ({ ...shard, ...range, inFlight: last.get(lane) === index }));
      open.unshift(...left);
      covered = union(covered, [shard]);
    }
    return open;
  }

  private known(occurrences: Readonly<Record<string, number>>): Record<string, number> {
    const known: Record<string, number> = {};
    for (const { finding } of this.findings.values()) {
      const { known: label, signature } = finding;
      if (label !== undefined) known[label] = (known[label] ?? 0) + (occurrences[signature] ?? 0);
    }
    return known;
  }
}
