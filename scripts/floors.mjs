// Checks that the imports under src/ keep to the floors of .dependency-cruiser.cjs.
// An argument names another directory whose src/ is checked instead.
import { join, resolve } from 'node:path';
import process from 'node:process';
import { root, runTool } from './run-tool.mjs';

const checkedRoot = resolve(process.argv[2] ?? root);
process.exitCode = runTool(
  'depcruise',
  ['src', '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'err-long'],
  checkedRoot,
);
