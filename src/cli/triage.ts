import type { Command } from 'commander';
import { toJson } from '../report/json.js';
import { ruleBook } from '../report/rules.js';
import { formatBucket, formatBuckets } from '../report/triage.js';
import { type Bucket, rateOf } from '../triage/buckets.js';
import { isExportable } from '../triage/export/exporters.js';
import { shellWord } from '../util/text.js';
import { bucketNamed, loadBuckets, type SourceOptions } from './bucketSources.js';
import { EXIT, type ExitCode } from './exit.js';
import { type AnyFamily, familyNamed } from './families.js';
import { several } from './options.js';
import type { Output } from './output.js';
import { addTriageKnown } from './triageKnown.js';

interface TriageOptions extends SourceOptions {
  readonly json?: true;
}

export function addTriage(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const triage = program
    .command('triage')
    .description(
      'list findings in buckets, one per signature: what is open first, then the newest and most reproducible',
    )
    .argument('[paths...]', 'files and directories of cases (default: the corpus)');
  addSourceOptions(triage)
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline triage\n  $ faultline triage show 1f2e3d4c\n' +
        '  $ faultline triage known 1f2e3d4c --reason "KVM drops the bit when …" --source "arch/x86/kvm/mmu/mmu.c"' +
        '\n\nExit codes: 1 when a bucket is new, 0 when none is, 2 when a file or a run could not be read.',
    )
    .action(async (paths: readonly string[], options: TriageOptions) => {
      done(await list(paths, options, output));
    });
  addSourceOptions(triage.command('show'))
    .description('the whole story of a bucket: rules, scenario, timeline, machines, reproduction, and what to do next')
    .argument('<bucket>', 'its id or the beginning of it, a case in it, or its signature')
    .addHelpText('after', '\nExample:\n  $ faultline triage show 1f2e3d4c')
    .action(async (name: string, _: unknown, command: Command) => {
      done(await show(name, command.optsWithGlobals<TriageOptions>(), output));
    });
  addTriageKnown(triage, output, done);
}

export function addSourceOptions(command: Command): Command {
  return command
    .option('--corpus <dir>', 'directory of the corpus, which also holds the known divergences', 'corpus')
    .option(
      '--run <dir>',
      'directory of a run, may be given several times (default: those in runs/ but self-tests)',
      several,
    )
    .option('--json', 'print one JSON object');
}

async function list(paths: readonly string[], options: TriageOptions, output: Output): Promise<ExitCode> {
  const { buckets, refused } = await loadBuckets(paths, options, output);
  const open = buckets.some(({ state }) => state === 'new');
  const code = open ? EXIT.divergence : refused > 0 ? EXIT.usage : EXIT.ok;
  if (options.json === true) output.out.print(toJson('triage', { exitCode: code, buckets: buckets.map(bucketFacts) }));
  else output.out.print(...formatBuckets(buckets, output.out.terminal));
  return code;
}

async function show(name: string, options: TriageOptions, output: Output): Promise<ExitCode> {
  const { buckets } = await loadBuckets([], options, output);
  const bucket = bucketNamed(buckets, name);
  const family = await familyNamed(bucket.family);
  const [first] = bucket.cases;
  const scenario = first?.case.scenario ?? bucket.findings[0]?.finding.scenario;
  const next = nextCommands(bucket, family, options);
  if (options.json === true) {
    output.out.print(toJson('bucket', { ...bucketFacts(bucket), scenario, next: next.map(([command]) => command) }));
  } else {
    const words = scenario === undefined || scenario === null ? '' : family.configuration(family.parse(scenario));
    output.out.print(...formatBucket(bucket, ruleBook(family.rules), words, next, output.out.terminal));
  }
  return bucket.state === 'new' ? EXIT.divergence : EXIT.ok;
}

/** What scripts want to know of a bucket. */
function bucketFacts(bucket: Bucket): object {
  const { cases, findings, legs, lastSeenMs, ...facts } = bucket;
  return {
    ...facts,
    rate: rateOf(bucket.reproduction),
    lastSeen: new Date(lastSeenMs).toISOString(),
    cases: cases.map(({ file }) => file),
    runs: legs.map(({ directory, seed, family, target }) => ({ directory, seed, family, target })),
    shards: findings.map(({ finding, leg }) => ({ directory: leg.directory, seed: finding.seed, path: finding.path })),
  };
}

/** Commands with what they are good for. */
function nextCommands(
  { id, cases, state }: Bucket,
  family: AnyFamily,
  { corpus, run }: SourceOptions,
): (readonly [string, string])[] {
  const [first] = cases;
  // The id names the bucket only where its sources are.
  const sources = [corpus === 'corpus' ? [] : ['--corpus', corpus], ...(run ?? []).map((one) => ['--run', one])];
  const named = [id, ...sources.flat().map(shellWord)].join(' ');
  const forBucket = [
    [`faultline report ${named}`, 'all of this as one HTML file, to hand on'],
    ...(state === 'known'
      ? []
      : [[`faultline triage known ${named} --reason "…"`, 'it will stay as it is: record why'] as const]),
  ] as const;
  if (first === undefined) return [...forBucket];
  const file = shellWord(first.file);
  return [
    [`faultline replay ${file} --times 100`, 'whether, and how often, it fails here and now'],
    [`faultline minimize ${file}`, 'take away what is left to take away'],
    [`faultline explain ${file}`, 'which fields of the scenario matter'],
    [`faultline bisect ${file} --target qemu:… --kernels debian:6.1..`, 'the first kernel that does it'],
    ...(isExportable(family.name)
      ? [[`faultline export ${file} --format c`, 'one C file that shows it without Faultline'] as const]
      : []),
    ...forBucket,
  ];
}
