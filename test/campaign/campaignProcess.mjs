// A campaign of the scripted family in a process of its own, for tests that kill it. Arguments: directory of the run, its time.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runCampaign } from '../../dist/campaign/supervisor.js';

const [runDir, timeMs = '60000'] = process.argv.slice(2);
const file = join(runDir, 'saved.json');
const summary = await runCampaign(
  {
    families: ['fake'],
    targets: [{ kind: 'local' }],
    seed: 1,
    workers: 2,
    timeMs: Number(timeMs),
    runs: undefined,
    corpusDir: runDir,
    runDir,
    plant: 'none',
  },
  {
    save(finding) {
      writeFileSync(file, JSON.stringify(finding));
      return file;
    },
    progress: () => process.stdout.write('.'),
  },
  { module: fileURLToPath(new URL('fakeParts.mjs', import.meta.url)) },
);
process.stdout.write(`\n${JSON.stringify(summary)}\n`);
