import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AS_GENERATED } from '../campaign/investigate.js';
import type { DivergenceFacts, Keeper } from '../campaign/findings.js';
import type { Finding } from '../campaign/types.js';
import type { Case } from '../corpus/case.js';
import { type KnownDivergence, loadKnown, matchKnown } from '../corpus/known.js';
import { profileFacts } from '../corpus/profile-facts.js';
import { caseOnFile, saveCase } from '../corpus/save.js';
import { ruleBook, sentenceOf } from '../report/rules.js';
import { brokenRules, verdictLine } from '../oracle/verdictLine.js';
import type { Profile } from '../scenario/profile.js';
import { errnoSentence } from '../util/errno.js';
import { oneLine, printable } from '../util/text.js';
import { CommandError, EXIT } from './exit.js';
import type { AnyFamily } from './families.js';

/** Keeps the findings of a campaign: in the corpus, or, when a known divergence explains them, in the run's directory. */
export class CorpusKeeper implements Keeper {
  private readonly families: ReadonlyMap<string, AnyFamily>;
  private readonly written = new Set<string>();
  private readonly knownOn = new Map<string, readonly KnownDivergence[]>();

  /** @throws {CommandError} when a known divergence cannot be read. */
  constructor(
    families: readonly AnyFamily[],
    private readonly corpusDir: string,
    private readonly runDir: string,
    /** Told of what is wrong with the corpus. */
    private readonly warn: (line: string) => void,
  ) {
    this.families = new Map(families.map((family) => [family.name, family]));
    const errors = families.flatMap(({ name }) => loadKnown(corpusDir, name).errors);
    if (errors.length > 0) throw new CommandError(EXIT.usage, errors.map(({ line }) => line).join('\n'));
  }

  save(finding: Finding, profile: Profile): string {
    const family = this.familyOf(finding);
    // What is explained, or cannot be executed again, is kept with the run: the corpus is for what is to be replayed.
    const inCorpus = finding.known === undefined && finding.scenario !== null;
    const directory = inCorpus ? this.corpusDir : join(this.runDir, 'findings');
    const value = caseOf(finding, profile, family);
    const isMine = (file: string): boolean => this.written.has(file);
    const saved = saveCase(directory, value, (json) => family.parse(json), isMine);
    if (saved.written) this.written.add(saved.file);
    return saved.file;
  }

  known({ family, ...facts }: DivergenceFacts, profile: Profile): string | undefined {
    const key = JSON.stringify([family, profile]);
    const known = this.knownOn.get(key) ?? this.loadFor(family, profile);
    this.knownOn.set(key, known);
    return matchKnown(known, facts, profile);
  }

  kept({ family, signature }: Finding): string | undefined {
    const present = caseOnFile(this.corpusDir, family, signature);
    const minimized = present?.case.found?.minimized ?? AS_GENERATED;
    return minimized.startsWith(AS_GENERATED) ? undefined : present?.file;
  }

  private familyOf({ family: name }: Finding): AnyFamily {
    const family = this.families.get(name);
    if (family === undefined) throw new Error(`there is no family ${name} in this campaign`);
    return family;
  }

  private loadFor(family: string, profile: Profile): readonly KnownDivergence[] {
    const { known, errors } = loadKnown(this.corpusDir, family, profile);
    for (const { line } of errors) this.warn(line);
    return known;
  }
}

/** Why a directory cannot be written, in one sentence; undefined: it can, or can be made. */
export function whyReadOnly(directory: string): string | undefined {
  let place = resolve(directory);
  while (!existsSync(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
    return undefined;
  } catch (error) {
    return `${printable(directory)} cannot be written: ${errnoSentence(error)}`;
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
