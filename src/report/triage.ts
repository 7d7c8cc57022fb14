import type { Case } from '../corpus/case.js';
import { type Bucket, rateOf } from '../triage/buckets.js';
import { machineKind } from '../triage/bucketTitle.js';
import { grouped, plural, printable } from '../util/text.js';
import { reproductionSentence } from './finding.js';
import { type RuleBook, sentenceOf } from './rules.js';
import { type Style, type Terminal, stylesOf } from './terminal.js';
import { clip, hanging, percent, table } from './text.js';
import { formatTimeline } from './timeline.js';

/** One row for each bucket, and below it in words what broke where. */
export function formatBuckets(buckets: readonly Bucket[], terminal: Terminal): string[] {
  const { bold } = stylesOf(terminal);
  if (buckets.length === 0) return ['No findings: nothing to triage.'];
  const head = ['bucket', 'state', { right: 'times' }, { right: 'back' }, 'kernels', 'case'];
  const rows = buckets.map((bucket) => [
    bucket.id,
    bucket.state,
    { right: grouped(bucket.times) },
    { right: rateWords(bucket) },
    kernelWords(bucket),
    fileWords(bucket),
  ]);
  const [first = '', ...lines] = table([head, ...rows], '');
  return [
    bold(clip(first, terminal.columns)),
    ...buckets.flatMap((bucket, i) => [
      clip(lines[i] ?? '', terminal.columns),
      ...hanging(' '.repeat(10), printable(bucket.title), terminal.columns).map(styleOf(bucket, terminal)),
    ]),
    '',
    bold(totals(buckets)),
  ];
}

function styleOf({ state }: Bucket, terminal: Terminal): Style {
  const { red, yellow, dim } = stylesOf(terminal);
  return { new: red, 'fixed?': yellow, known: dim }[state];
}

function rateWords({ reproduction }: Bucket): string {
  const rate = rateOf(reproduction);
  return rate === undefined ? 'untried' : percent(rate, 1);
}

function kernelWords({ kernels }: Bucket): string {
  const [first = 'unknown', ...others] = kernels;
  return printable(others.length === 0 ? first : `${first} and ${others.length} more`);
}

function fileWords({ cases, findings, known }: Bucket): string {
  const [first, ...others] = cases;
  const more = others.length === 0 ? '' : ` and ${plural(others.length, 'more case')}`;
  const label = known === undefined ? '' : ` (${known})`;
  return printable((first?.file ?? `no case; run ${findings[0]?.leg.directory ?? 'unknown'}`) + more + label);
}

/** `5 buckets: 3 new, 1 known, 1 fixed?`. */
function totals(buckets: readonly Bucket[]): string {
  const parts = (['new', 'fixed?', 'known'] as const).flatMap((state) => {
    const count = buckets.filter((bucket) => bucket.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return `${plural(buckets.length, 'bucket')}: ${parts.join(', ')}`;
}

/** Everything that is known of a bucket, and what to do next. */
export function formatBucket(
  bucket: Bucket,
  rules: RuleBook,
  configuration: string,
  next: readonly (readonly [string, string])[],
  terminal: Terminal,
): string[] {
  const { bold, dim, red, yellow } = stylesOf(terminal);
  const field = (name: string, text: string): string[] =>
    text === '' ? [] : hanging(`${name}:`.padEnd(13), printable(text), terminal.columns);
  const [smallest] = bucket.cases;
  const timeline = smallest?.case.timeline ?? bucket.findings[0]?.finding.timeline ?? [];
  return [
    ...hanging('', printable(bucket.title), terminal.columns).map(
      bucket.state === 'new' ? (l) => bold(red(l)) : (l) => bold(yellow(l)),
    ),
    ...field('bucket', bucket.id),
    ...field('state', stateWords(bucket)),
    ...field('signature', bucket.signature),
    ...bucket.broken.flatMap((id) => ruleLines(id, bucket, rules, terminal)),
    ...field('scenario', configuration),
    ...(timeline.length === 0 ? [] : ['', ...formatTimeline(timeline, terminal), '']),
    ...field(
      'reproduced',
      bucket.reproduction === undefined ? 'not tried again' : reproductionSentence(bucket.reproduction),
    ),
    ...field(
      'met',
      `${plural(bucket.times, 'time')}, last on ${new Date(bucket.lastSeenMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    ),
    ...bucket.machines.flatMap((facts) =>
      field(
        'found on',
        `${machineKind(facts)}, ${[facts['kernelRelease'], facts['cpuModel']].filter((fact) => fact !== undefined).join(', ')}`,
      ),
    ),
    ...originLines(bucket, field),
    ...bucket.cases.flatMap((loaded, i) => field(i === 0 ? 'cases' : '', caseWords(loaded.file, loaded.case))),
    '',
    bold('What to do next'),
    ...next.flatMap(([command, why]) => [`  ${command}`, dim(`      ${why}`)]),
  ];
}

function stateWords({ state, known }: Bucket): string {
  if (state === 'known') return `known: ${known ?? ''}`;
  return state === 'new' ? 'new: nothing explains it' : 'fixed?: later campaigns should have met it, and did not';
}

function ruleLines(id: string, { rules: first }: Bucket, rules: RuleBook, terminal: Terminal): string[] {
  const rule = rules.get(id);
  const where = rule?.source === undefined ? '' : ` (${rule.tier ?? ''}; ${rule.source})`;
  const also = first.includes(id) ? '' : ', as a consequence';
  return hanging(
    'broken rule: ',
    `${printable(id)}${also}: ${sentenceOf(rules, id)}${printable(where)}`,
    terminal.columns,
  );
}

/** Where it came from: each run, and the shard of the seed that generates it again. */
function originLines({ findings, cases }: Bucket, field: (name: string, text: string) => string[]): string[] {
  const shard = (seed: number, path: string): string =>
    `fast-check seed ${seed}, run ${path.split(':', 1)[0] ?? ''}, shrunk by ${path}`;
  if (findings.length > 0)
    return findings.flatMap(({ finding, leg }) =>
      field(
        'came from',
        `${leg.directory}, campaign seed ${leg.seed}, ${leg.target}: ${shard(finding.seed, finding.path)}`,
      ),
    );
  const found = cases[0]?.case.found;
  return found === undefined ? [] : field('came from', shard(found.seed, found.path));
}

function caseWords(file: string, { found, kind }: Case): string {
  return `${file} (${kind}${found === undefined ? '' : `; ${found.minimized}`})`;
}
