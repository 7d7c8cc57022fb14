import type { Profile } from '../scenario/profile.js';
import { errorMessage } from '../util/errno.js';
import type { Journal } from './journal.js';
import type { Signature } from './signature.js';
import { Tally } from './tally.js';
import type { Finding } from './types.js';

/** Distinct findings that a campaign keeps; what comes beyond is counted. */
export const MAX_FINDINGS = 500;

/** What the floors above do with findings. */
export interface Keeper {
  /** Writes a finding to the corpus, durably, and returns the file. It is called again when the finding got smaller. */
  save(finding: Finding, profile: Profile): string;
  /** Id of the known divergence that explains it on this machine. `rules` are all that broke. */
  known?(facts: { readonly rules: readonly string[]; readonly shape: string }, profile: Profile): string | undefined;
}

/** The findings of a campaign, one per signature. */
export class Findings {
  private readonly bySignature = new Map<string, Finding>();
  private readonly entered = new Set<string>();
  /** Signature to id of the known divergence. */
  private readonly labels = new Map<string, string>();
  readonly occurrences = new Tally(2 * MAX_FINDINGS);
  readonly known = new Tally();
  /** Distinct signatures beyond {@link MAX_FINDINGS}. */
  dropped = 0;

  constructor(
    private readonly profile: Profile,
    private readonly keeper: Keeper,
    private readonly journal: Journal,
    private readonly onFinding: (finding: Finding) => void,
  ) {}

  get all(): readonly Finding[] {
    return [...this.bySignature.values()];
  }

  /** Findings that no known divergence labels. */
  get unlabelled(): number {
    return this.entered.size - this.labels.size;
  }

  /** Counts an occurrence. True: the signature is new, and the caller is to find out more about it. */
  enter(signature: string): boolean {
    this.count(signature, 1);
    if (this.entered.has(signature)) return false;
    if (this.entered.size >= MAX_FINDINGS) {
      this.dropped++;
      return false;
    }
    this.entered.add(signature);
    return true;
  }

  /** The same fault got another signature on the way. */
  leave(signature: string): void {
    this.entered.delete(signature);
    this.bySignature.delete(signature);
    this.journal.remove(signature);
  }

  count(signature: string, times: number): void {
    this.occurrences.add(signature, times);
    const label = this.labels.get(signature);
    if (label !== undefined) this.known.add(label, times);
  }

  /** Labels a signature that was just entered, if a known divergence explains it. */
  label(signature: Signature, rules: readonly string[]): string | undefined {
    const label = this.keeper.known?.({ rules, shape: signature.shape }, this.profile);
    if (label === undefined) return undefined;
    this.labels.set(signature.text, label);
    this.known.add(label);
    return label;
  }

  /** Makes a finding durable before anything else is done about it. */
  note(finding: Finding): void {
    this.bySignature.set(finding.signature, finding);
    try {
      this.journal.write(finding);
    } catch (error) {
      this.bySignature.set(finding.signature, { ...finding, saveError: errorMessage(error) });
    }
  }

  /** Saves a finding to the corpus. Failing that, the campaign goes on and the finding says so. */
  keep(finding: Finding): Finding {
    let kept: Finding;
    try {
      kept = { ...finding, file: this.keeper.save(finding, this.profile), saveError: undefined };
      this.journal.remove(finding.signature);
    } catch (error) {
      kept = { ...finding, file: undefined, saveError: errorMessage(error) };
      this.note(kept);
    }
    this.bySignature.set(kept.signature, kept);
    return kept;
  }

  /** Nothing more will be found out about it. */
  done(finding: Finding): void {
    this.bySignature.set(finding.signature, finding);
    this.onFinding(finding);
  }
}
