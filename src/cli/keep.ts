import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeper } from '../campaign/findings.js';
import type { Finding } from '../campaign/types.js';
import type { Case } from '../corpus/case.js';
import { type KnownDivergence, loadKnown, matchKnown } from '../corpus/known.js';
import { profileFacts } from '../corpus/profile-facts.js';
import { saveCase } from '../corpus/save.js';
import { ruleBook, sentenceOf } from '../report/rules.js';
import { brokenRules, verdictLine } from '../oracle/verdictLine.js';
import type { Profile } from '../scenario/profile.js';
import { oneLine } from '../util/text.js';
import { CommandError, EXIT } from './exit.js';
import type { AnyFamily } from './families.js';

/** Keeps the findings of a campaign: in the corpus, or, when a known divergence explains them, in the run's directory. */
export class CorpusKeeper implements Keeper {
  private readonly written = new Set<string>();
  private knownHere: readonly KnownDivergence[] | undefined;

  /** @throws {CommandError} when a known divergence cannot be read. */
  constructor(
    private readonly family: AnyFamily,
    private readonly corpusDir: string,
    private readonly runDir: string,
    /** Told of what is wrong with the corpus. */
    private readonly warn: (line: string) => void,
  ) {
    const { errors } = loadKnown(corpusDir, family.name);
    if (errors.length > 0) throw new CommandError(EXIT.usage, errors.map(({ line }) => line).join('\n'));
  }

  save(finding: Finding, profile: Profile): string {
    // What is explained, or cannot be executed again, is kept with the run: the corpus is for what is to be replayed.
    const inCorpus = finding.known === undefined && finding.scenario !== null;
    const directory = inCorpus ? this.corpusDir : join(this.runDir, 'findings');
    const value = caseOf(finding, profile, this.family);
    const isMine = (file: string): boolean => this.written.has(file);
    const saved = saveCase(directory, value, (json) => this.family.parse(json), isMine);
    if (saved.written) this.written.add(saved.file);
    return saved.file;
  }

  known(facts: { readonly rules: readonly string[]; readonly shape: string }, profile: Profile): string | undefined {
    this.knownHere ??= this.loadFor(profile);
    return matchKnown(this.knownHere, facts, profile);
  }

  private loadFor(profile: Profile): readonly KnownDivergence[] {
    const { known, errors } = loadKnown(this.corpusDir, this.family.name, profile);
    for (const { line } of errors) this.warn(line);
    return known;
  }
}

/** A finding as its case file records it. */
export function caseOf(finding: Finding, profile: Profile, family: AnyFamily): Case {
  const rules = ruleBook(family.rules);
  const ids = brokenRules(finding.mismatches);
  const { seed, path, minimized, reproduction } = finding;
  return {
    schema: 1,
    kind: 'finding',
    family: finding.family,
    title: oneLine(verdictLine(finding.verdict), 200),
    note: 'Found by faultline fuzz. Not triaged yet.',
    signature: finding.signature,
    rules: ids.slice(0, 64).map((id) => ({ id, sentence: sentenceOf(rules, id) })),
    scenario: finding.scenario,
    timeline: finding.timeline.map(({ step, expected, observed }) => ({
      step,
      expected: [...expected],
      observed: [...observed],
    })),
    found: { seed, path, minimized, profile: profileFacts(profile), reproduction: { ...reproduction } },
  };
}

/** Where runs are kept by default: one new directory for each. */
export function newRunDirectory(seed: number, now: Date): string {
  const time = now.toISOString().slice(0, 19).replace(/[:T]/g, '-');
  const name = join('runs', `${time}-seed-${seed}`);
  for (let number = 1; ; number++) {
    const directory = number === 1 ? name : `${name}-${number}`;
    if (!existsSync(directory)) return directory;
  }
}
