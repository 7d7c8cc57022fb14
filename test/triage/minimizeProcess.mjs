// Minimizes a scenario of the scripted family in a process of its own, for tests that kill it. Arguments: file of the case, which
// need not exist, the scenario and its signature as JSON.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ExecutorPool } from '../../dist/cli/executorPool.js';
import { minimize } from '../../dist/triage/minimize.js';
import { StateKeeper, stateFile } from '../../dist/triage/minimizeState.js';

const [file, scenarioText, signature] = process.argv.slice(2);
const module = fileURLToPath(new URL('../campaign/fakeParts.mjs', import.meta.url));
const { parts } = await import(module);
const pool = await ExecutorPool.open('fake', { kind: 'local' }, 2, 'none', module);
const scenario = JSON.parse(scenarioText);
const state = StateKeeper.begin(stateFile(file), scenario, { signature, where: 'local, plant none' });
await minimize(parts.family('fake'), pool, scenario, { signature, width: 2, state, stop: { requested: false } });
