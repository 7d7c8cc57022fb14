// A campaign of the scripted family in a process of its own, which goes on when its directory has one already. Arguments: directory
// of the run, number of scenarios.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { INVESTIGATION_LIMITS } from '../../dist/campaign/investigate.js';
import { optionsOf, readSettings } from '../../dist/campaign/run/settings.js';
import { runCampaign } from '../../dist/campaign/supervisor.js';

const [runDir, runs] = process.argv.slice(2);
const corpusDir = join(runDir, 'corpus');
mkdirSync(corpusDir, { recursive: true });

const fresh = {
  families: ['fake'],
  targets: [{ kind: 'local' }],
  seed: 1,
  workers: 2,
  timeMs: undefined,
  runs: Number(runs),
  corpusDir,
  runDir,
  plant: 'none',
};
const fileOf = ({ signature }) => {
  const hash = createHash('sha256').update(signature).digest('hex').slice(0, 16);
  return join(corpusDir, `${hash}.json`);
};
const options = existsSync(join(runDir, 'run.json')) ? optionsOf(readSettings(runDir), runDir) : fresh;
const summary = await runCampaign(
  options,
  {
    save(finding) {
      const temporary = join(runDir, `saving-${process.pid}`);
      writeFileSync(temporary, JSON.stringify(finding));
      renameSync(temporary, fileOf(finding));
      return fileOf(finding);
    },
    kept(finding) {
      const file = fileOf(finding);
      if (!existsSync(file)) return undefined;
      return JSON.parse(readFileSync(file, 'utf8')).minimized === 'as generated' ? undefined : file;
    },
  },
  {
    module: fileURLToPath(new URL('fakeParts.mjs', import.meta.url)),
    limits: { ...INVESTIGATION_LIMITS, tries: 2, freshTries: 1, disposableExecutions: 4 },
    commitMs: 40,
  },
);
writeFileSync(join(runDir, 'done.json'), JSON.stringify(summary));
