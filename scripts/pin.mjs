// Writes what is mechanical in the corpus: the cases of the directories that are made from tables in scripts/pin, with their
// READMEs, and in every other pinned case the sentences of its rules and the format. Run after a build: `node scripts/pin.mjs`.
// `--check` writes nothing and exits with 1 when something is stale.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { FAMILIES } from '../dist/campaign/families.js';
import { formatCase } from '../dist/corpus/format.js';
import { loadCases } from '../dist/corpus/load.js';
import { ARM_CASES } from './pin/arm64.mjs';
import { UFFD_CASES } from './pin/uffd.mjs';
import { UFFD_KERNEL_CASES } from './pin/uffdKernel.mjs';
import { UFFD_MEMORY_CASES } from './pin/uffdMemory.mjs';
import { X86_CASES } from './pin/x86.mjs';
import { root } from './run-tool.mjs';

const corpus = join(root, 'corpus');
const parsers = Object.fromEntries([...FAMILIES].map(([name, family]) => [name, family.parse]));
const sentences = new Map(
  [...FAMILIES.values()].flatMap(({ name, rules }) => rules.map(({ id, sentence }) => [`${name}/${id}`, sentence])),
);

const check = process.argv.includes('--check');
const stale = [];

function put(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  stale.push(file);
  if (!check) writeFileSync(file, text);
}

/** The text of a case with today's sentences. A rule that is no more keeps what was said of it; a test finds it. */
function textOf(value) {
  const rules = value.rules.map(({ id, sentence }) => ({
    id,
    sentence: sentences.get(`${value.family}/${id}`) ?? sentence ?? '',
  }));
  return formatCase({ ...value, rules, scenario: parsers[value.family](value.scenario) });
}

/** Makes a directory hold the cases of a table and nothing else. */
function putTable({ family = 'stage2', directory: name, readme, cases }) {
  const directory = join(corpus, family, name);
  const table = cases();
  if (!check) mkdirSync(directory, { recursive: true });
  put(join(directory, 'README.md'), readme());
  for (const [file, value] of table) put(join(directory, file), textOf(value));
  for (const file of existsSync(directory) ? readdirSync(directory) : []) {
    if (!file.endsWith('.json') || table.has(file)) continue;
    stale.push(join(directory, file));
    if (!check) rmSync(join(directory, file));
  }
}

for (const table of [X86_CASES, ARM_CASES, UFFD_CASES, UFFD_MEMORY_CASES, UFFD_KERNEL_CASES]) putTable(table);
const { cases, errors } = loadCases([corpus], parsers);
for (const { file, case: value } of cases) if (value.kind === 'pinned') put(file, textOf(value));
for (const { line } of errors) process.stderr.write(`${line}\n`);
for (const file of stale) process.stdout.write(`${check ? 'stale' : 'wrote'} ${file}\n`);
process.exitCode = errors.length > 0 || (check && stale.length > 0) ? 1 : 0;
