import process from 'node:process';
import { standardOutput } from './output.js';
import { runProgram } from './program.js';

process.exitCode = await runProgram(process.argv.slice(2), standardOutput());
