import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INVESTIGATION_LIMITS } from '../../src/campaign/investigate.js';
import { type CampaignListener, type CampaignTuning, runCampaign } from '../../src/campaign/supervisor.js';
import type { CampaignOptions, CampaignSummary, Finding, LegSummary } from '../../src/campaign/types.js';

export const fakeParts = fileURLToPath(new URL('fakeParts.mjs', import.meta.url));
export const campaignProcess = fileURLToPath(new URL('campaignProcess.mjs', import.meta.url));

/** What goes wrong in the scripted family; see fakeParts.mjs. */
export type Faults = Readonly<Record<string, number | boolean | string | object>>;

export interface Outcome {
  readonly summary: CampaignSummary;
  /** Of the first family on the first target. */
  readonly leg: LegSummary;
  readonly saved: readonly Finding[];
  readonly runDir: string;
}

export interface Setup {
  readonly faults?: Faults;
  readonly options?: Partial<CampaignOptions>;
  readonly listener?: Partial<CampaignListener>;
  readonly tuning?: CampaignTuning;
}

const directories: string[] = [];

export function makeRunDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'campaign-'));
  directories.push(directory);
  return directory;
}

export function removeRunDirs(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** Runs a short campaign of the scripted family. */
export async function campaign(setup: Setup = {}): Promise<Outcome> {
  const runDir = setup.options?.runDir ?? makeRunDir();
  const saved: Finding[] = [];
  const options: CampaignOptions = {
    families: ['fake'],
    targets: [{ kind: 'local' }],
    seed: 1,
    workers: 2,
    timeMs: undefined,
    runs: 600,
    corpusDir: runDir,
    runDir,
    plant: 'none',
    ...setup.options,
  };
  const save = (finding: Finding) => {
    saved.push(finding);
    return `file of ${finding.signature}`;
  };
  process.env['FAKE_FAULTS'] = JSON.stringify(setup.faults ?? {});
  const summary = await runCampaign(
    options,
    { save, ...setup.listener },
    {
      module: fakeParts,
      deadlineMs: 200,
      graceMs: 800,
      limits: { ...INVESTIGATION_LIMITS, freshTries: 2, disposableExecutions: 6 },
      ...setup.tuning,
    },
  );
  const [leg] = summary.legs;
  if (leg === undefined) throw new Error('the campaign had no leg');
  return { summary, leg, saved, runDir };
}

export function stepsOf(scenario: unknown): readonly number[] {
  return (scenario as { readonly steps: readonly number[] }).steps;
}
