import type { Command } from 'commander';
import { FileError } from '../corpus/file.js';
import { type KnownDivergence, parseKnown } from '../corpus/known.js';
import { loadCases } from '../corpus/load.js';
import { toJson } from '../report/json.js';
import {
  formatKnown,
  isTaken,
  knownFile,
  knownFor,
  type Labelled,
  parseCondition,
  wouldLabel,
} from '../triage/recordKnown.js';
import { makeDirectory } from '../util/directory.js';
import { dirname } from 'node:path';
import { writeDurably } from '../util/durable.js';
import { errnoCode, errnoSentence } from '../util/errno.js';
import { plural, printable } from '../util/text.js';
import { bucketNamed, loadBuckets, type SourceOptions } from './bucketSources.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { allFamilies, familyNamed, parsersOf } from './families.js';
import { several } from './options.js';
import type { Output } from './output.js';

interface KnownOptions extends SourceOptions {
  readonly reason?: string;
  readonly source?: string;
  readonly id?: string;
  readonly when?: readonly string[];
  readonly dryRun?: true;
  readonly json?: true;
}

export function addTriageKnown(triage: Command, output: Output, done: (code: ExitCode) => void): void {
  triage
    .command('known')
    .description('record a bucket as a known divergence: it labels what is like it from now on, and hides nothing')
    .argument('<bucket>', 'its id or the beginning of it, a case in it, or its signature')
    .option('--reason <text>', 'why the machine does this, and why it will stay; needed')
    .option('--source <text>', 'where that can be checked: a document, a commit, a test')
    .option('--id <name>', 'name of the entry and its file (default: from the signature)')
    .option(
      '--when <field=value>',
      'may be given several times: the machines it applies to (default: architecture, processor vendor, module and paging, where the machines it was found on agree)',
      several,
    )
    .option('--corpus <dir>', 'directory of the corpus', 'corpus')
    .option(
      '--run <dir>',
      'directory of a run, may be given several times (default: those in runs/ but self-tests)',
      several,
    )
    .option('--dry-run', 'only say what it would label')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline triage known 1f2e3d4c --reason "the walker …" --source "arch/x86/kvm/mmu/paging_tmpl.h"\n' +
        '  $ faultline triage known 1f2e3d4c --reason "…" --when arch=x86_64 --when kernelRelease=6.1..6.12',
    )
    .action(async (name: string, _: unknown, command: Command) => {
      done(await record(name, command.optsWithGlobals<KnownOptions>(), output));
    });
}

async function record(name: string, options: KnownOptions, output: Output): Promise<ExitCode> {
  const { reason, corpus } = options;
  if (reason === undefined || reason.trim() === '')
    throw new CommandError(EXIT.usage, 'a known divergence needs its explanation: give it with --reason');
  const { sources, buckets } = await loadBuckets([], options, output);
  const bucket = bucketNamed(buckets, name);
  const family = await familyNamed(bucket.family);
  if (bucket.known !== undefined)
    throw new CommandError(EXIT.usage, `bucket ${bucket.id} is known already: ${bucket.known}`);
  const entry = checked(() => {
    const when =
      options.when === undefined ? undefined : Object.fromEntries(options.when.map((text) => parseCondition(text)));
    return parseKnown(knownFor(bucket, { id: options.id, reason, source: options.source, when }));
  });
  const file = knownFile(corpus, bucket.family, entry.id);
  if (isTaken(corpus, bucket.family, entry.id, sources.known.get(bucket.family) ?? []))
    throw new CommandError(
      EXIT.usage,
      `there is a known divergence ${entry.id} already, and nothing is overwritten; name another with --id`,
    );
  const labelled = wouldLabel(entry, loadCases([corpus], parsersOf(await allFamilies())).cases, family);
  if (labelled.pinned.length > 0) {
    const files = labelled.pinned.map((loaded) => printable(loaded.file)).join(', ');
    throw new CommandError(
      EXIT.usage,
      `it would label a pinned case, which says that this was mended: ${files}; narrow it with --when`,
    );
  }
  if (options.dryRun !== true) write(file, entry);
  print(file, entry, labelled, options, output);
  return EXIT.ok;
}

/** What is wrong with the user's wishes is a sentence. */
function checked<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof FileError) && !(error instanceof RangeError)) throw error;
    throw new CommandError(EXIT.usage, error.message);
  }
}

function write(file: string, entry: KnownDivergence): void {
  try {
    makeDirectory(dirname(file));
    writeDurably(file, formatKnown(entry), 'new');
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new CommandError(EXIT.usage, `${printable(file)} could not be written: ${errnoSentence(error)}`);
  }
}

function print(file: string, entry: KnownDivergence, labelled: Labelled, options: KnownOptions, { out }: Output): void {
  const { findings, exposed } = labelled;
  if (options.json === true) {
    const files = (loaded: Labelled['findings']): string[] => loaded.map((one) => one.file);
    const written = options.dryRun !== true;
    out.print(toJson('known', { file, written, entry, labels: files(findings), exposes: files(exposed) }));
    return;
  }
  out.print(
    ...(options.dryRun === true ? [formatKnown(entry).trimEnd()] : [`recorded: ${printable(file)}`]),
    `labels:   ${plural(findings.length, 'finding')} of the corpus, and no pinned case`,
    ...findings.map((loaded) => `  ${printable(loaded.file)}`),
    ...(exposed.length === 0
      ? []
      : [
          `beware:   should ${plural(exposed.length, 'pinned case')} ever break in this way on such a machine, it would label that too`,
        ]),
  );
}
