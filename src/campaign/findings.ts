import type { Profile } from '../scenario/profile.js';
import { errorMessage } from '../util/errno.js';
import { nameOf, renamed } from './run/aliases.js';
import type { FindingRecord } from './run/types.js';
import type { Signature } from './signature.js';
import type { DeathKind, Finding } from './types.js';

/** Distinct findings that a leg keeps; what comes beyond is counted. */
export const MAX_FINDINGS = 500;

/** What the floors above do with findings. */
export interface Keeper {
  /** Writes a finding to the corpus, durably, and returns the file. It is called again when the finding got smaller. */
  save(finding: Finding, profile: Profile): string;
  /** Id of the known divergence that explains it on this machine. `rules` are all that broke. */
  known?(facts: DivergenceFacts, profile: Profile): string | undefined;
  /** The file in which the corpus has it already, minimized. */
  kept?(finding: Finding): string | undefined;
}

export interface DivergenceFacts {
  readonly family: string;
  readonly rules: readonly string[];
  readonly shape: string;
}

/** Where findings are made durable. */
export interface FindingLog {
  /** On the disk when it returns; throws when that is not possible. */
  write(record: FindingRecord): void;
  renamed(signature: string, became: string): void;
}

/** The findings of a leg, one per signature. */
export class Findings {
  private readonly bySignature = new Map<string, Finding>();
  private readonly entered = new Set<string>();
  /** Signatures of faults that turned out to be another finding. */
  private readonly aliases: Record<string, string> = {};
  private readonly labelled = new Set<string>();
  private readonly deaths = new Map<string, DeathKind>();
  /** Distinct signatures beyond {@link MAX_FINDINGS}. */
  dropped = 0;

  constructor(
    private readonly family: string,
    private readonly profile: Profile,
    private readonly keeper: Keeper,
    private readonly log: FindingLog,
    private readonly onFinding: (finding: Finding) => void,
  ) {}

  get all(): readonly Finding[] {
    return [...this.bySignature.values()];
  }

  /** Findings that no known divergence labels. */
  get unlabelled(): number {
    return this.entered.size - this.labelled.size;
  }

  get(signature: string): Finding | undefined {
    return this.bySignature.get(nameOf(signature, this.aliases));
  }

  /** True: the signature is new, and the caller is to find out more about it. */
  enter(signature: string): boolean {
    if (this.entered.has(nameOf(signature, this.aliases))) return false;
    if (this.entered.size >= MAX_FINDINGS) {
      this.dropped++;
      return false;
    }
    this.entered.add(signature);
    return true;
  }

  /** The same fault got another signature on the way, under which it is entered. */
  rename(signature: string, became: string): void {
    this.aliases[signature] = became;
    this.entered.delete(signature);
    this.bySignature.delete(signature);
    this.log.renamed(signature, became);
  }

  /** How often each was met, from what workers counted under the signatures that they saw. */
  occurrences(counted: Readonly<Record<string, number>>): Record<string, number> {
    return renamed(counted, this.aliases);
  }

  /** How often each known divergence was met. */
  knownCounts(counted: Readonly<Record<string, number>>): Record<string, number> {
    const occurrences = this.occurrences(counted);
    const sums: Record<string, number> = {};
    for (const { known, signature } of this.bySignature.values())
      if (known !== undefined) sums[known] = (sums[known] ?? 0) + (occurrences[signature] ?? 0);
    return sums;
  }

  /** Labels a signature that was just entered, if a known divergence explains it. */
  label(signature: Signature, rules: readonly string[]): string | undefined {
    const label = this.keeper.known?.({ family: this.family, rules, shape: signature.shape }, this.profile);
    if (label !== undefined) this.labelled.add(signature.text);
    return label;
  }

  /**
   * Makes a finding durable before anything else is done about it.
   *
   * @param death how it ended its worker, if it did.
   */
  note(finding: Finding, death?: DeathKind): void {
    if (death !== undefined) this.deaths.set(finding.signature, death);
    this.bySignature.set(finding.signature, finding);
    this.write(finding, false);
  }

  /** Saves a finding to the corpus. Failing that, the campaign goes on and the finding says so. */
  keep(finding: Finding): Finding {
    let kept: Finding;
    try {
      kept = { ...finding, file: this.keeper.save(finding, this.profile), saveError: undefined };
    } catch (error) {
      kept = { ...finding, file: undefined, saveError: errorMessage(error) };
    }
    this.bySignature.set(kept.signature, kept);
    this.write(kept, false);
    return kept;
  }

  /** The finding as the corpus has it already, minimized: there is nothing more to find out. */
  fromCorpus(finding: Finding): Finding | undefined {
    const file = this.keeper.kept?.(finding);
    return file === undefined ? undefined : { ...finding, file, minimized: 'not minimized again: the corpus has it' };
  }

  /** Nothing more will be found out about it. */
  done(finding: Finding): void {
    this.bySignature.set(finding.signature, finding);
    this.write(finding, true);
    this.onFinding(finding);
  }

  /** Takes up the findings of a campaign that was killed. Those that are not settled yet are the caller's to look into. */
  restore(records: readonly FindingRecord[], aliases: Readonly<Record<string, string>>): void {
    Object.assign(this.aliases, aliases);
    for (const { finding, settled, death } of records) {
      this.entered.add(finding.signature);
      if (finding.known !== undefined) this.labelled.add(finding.signature);
      if (death !== undefined) this.deaths.set(finding.signature, death);
      this.bySignature.set(finding.signature, finding);
      // The disk may have been full, or read-only.
      if (settled && finding.known === undefined && finding.file === undefined) this.done(this.keep(finding));
    }
  }

  private write(finding: Finding, settled: boolean): void {
    const death = this.deaths.get(finding.signature);
    try {
      this.log.write({ finding, settled, ...(death === undefined ? {} : { death }) });
    } catch (error) {
      if (finding.file !== undefined || finding.saveError !== undefined) return;
      this.bySignature.set(finding.signature, { ...finding, saveError: errorMessage(error) });
    }
  }
}
