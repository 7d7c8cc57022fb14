import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { faultline, runToEnd, PROGRAM } from '../support/faultline.js';
import { temporaryDirectory } from '../support/temporary.js';

const directory = temporaryDirectory();
const run = (...args: string[]) => faultline(args, { cwd: directory.path });

/** The help of a command, from this very process. */
async function helpOf(words: readonly string[]): Promise<string> {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const print = (...lines: readonly string[]): void => {
    write(lines.join('\n'));
  };
  const terminal = { columns: 120, color: false, live: false };
  const printer = { terminal, size: () => ({ columns: 120, rows: 1 }), print, write };
  expect(await runProgram([...words, '--help'], { out: printer, err: printer })).toBe(0);
  return text;
}

/** Names of the commands that a help lists. */
function commandsIn(help: string): string[] {
  const [commands = ''] = help.split('Commands:\n')[1]?.split('\n\n') ?? [];
  return [...commands.matchAll(/^ {2}(\w+)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : name));
}

describe('help', () => {
  test('lists every command and every exit code', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const commands = ['doctor', 'fuzz', 'replay', 'show', 'run', 'rules', 'triage', 'minimize', 'explain', 'dedupe'];
    expect(commandsIn(stdout)).toEqual(expect.arrayContaining([...commands, 'export', 'matrix', 'bisect', 'report']));
    for (const exit of [0, 1, 2, 3, 4]) expect(stdout).toMatch(new RegExp(`^ {2}${exit} {2}\\S`, 'm'));
  });

  test('of every command, and of what it consists of, has an example of that very command', async () => {
    const queue = commandsIn(await helpOf([])).map((name) => [name]);
    expect(queue.length).toBeGreaterThan(10);
    for (let words = queue.shift(); words !== undefined; words = queue.shift()) {
      const help = await helpOf(words);
      expect(help).toContain(`$ faultline ${words.join(' ')}`);
      for (const name of commandsIn(help)) queue.push([...words, name]);
    }
  });

  test('is what one gets without a command, as an error', async () => {
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: faultline');
  });
});

describe('wrong arguments end with 2, a sentence, and nothing done', () => {
  test.each<[string[], string]>([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['fuzz', '--tme', '3s'], "unknown option '--tme'\n(Did you mean --time?)"],
    [['fuzz', '--time', '3'], 'Give a time with its unit, such as 60s, 10m or 8h'],
    [['fuzz', '--time', '0s'], 'Give a time with its unit'],
    [['fuzz', '--time', '25d'], 'of at most 24d'],
    [['fuzz', '--runs', '-1'], 'Give a whole number from 1 to'],
    [['fuzz', '--runs', '1e3'], 'Give a whole number from 1 to'],
    [['fuzz', '--workers', '0'], 'Give a whole number from 1 to 1024.'],
    [['fuzz', '--seed', '4294967296'], 'Give a whole number from 0 to 4294967295.'],
    [['fuzz', '--seed', 'x'], 'Give a whole number from 0 to 4294967295.'],
    [
      ['fuzz', '--target', 'moon'],
      'unknown target "moon": a target is local, ssh:<host>, qemu:<file>, or one of qemu:arm64',
    ],
    [['fuzz', '--family', 'moon'], 'there is no family "moon"; there is: stage2, uffd'],
    [['fuzz', '--plant', 'moon'], 'plant moon is none of: none, driver:<fault>, model:<rule id>'],
    [['fuzz', '--plant', 'driver:moon'], "the driver's faults are: none, drop_dirty_bit"],
    [['fuzz', 'extra'], "too many arguments for 'fuzz'"],
    [['show'], "missing required argument 'case'"],
    [['show', 'nowhere.json'], 'nowhere.json: no such file or directory'],
    [['run', 'nowhere.json'], 'nowhere.json: no such file or directory'],
    [['run', '.'], '.: it is a directory'],
    [['replay'], 'corpus: no such file or directory'],
    [['replay', '--times', '0'], 'Give a whole number from 1 to'],
    [['rules', '--family', 'moon'], 'there is no family "moon"'],
    [['triage', 'show'], "missing required argument 'bucket'"],
    [['triage', 'show', 'ffff'], 'there is no bucket ffff; faultline triage lists 0 buckets'],
    [['triage', 'known', 'ffff'], 'a known divergence needs its explanation: give it with --reason'],
    [['minimize', 'nowhere.json'], 'nowhere.json: no such file or directory'],
    [['minimize', 'nowhere.json', '--workers', '0'], 'Give a whole number from 1 to 256.'],
    [['explain', 'nowhere.json'], 'nowhere.json: no such file or directory'],
    [['dedupe'], 'corpus: no such file or directory'],
    [['dedupe', '--remove-gone'], 'what is gone shows where it is executed: say where with --target'],
    [['dedupe', '--kernel', '6.12'], 'what is gone shows where it is executed: say where with --target'],
  ])('%j', async (args, sentence) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/HARNESS|^ +at /m);
    expect(code).toBe(2);
    expect(readdirSync(directory.path)).toEqual([]);
  });
});

describe('bad files', () => {
  test('replay names each, and goes on to the others', async () => {
    directory.write('corpus/a.json', '{"schema": 1');
    directory.write('corpus/b.json', '{"schema": 99}');
    const { code, stdout, stderr } = await run('replay');
    expect(code).toBe(2);
    expect(stderr).toBe(
      'corpus/a.json: truncated: the text ends at line 1, column 13\n' +
        'corpus/b.json: $.schema: version 99 is not supported; this build reads version 1\n',
    );
    expect(stdout).toBe('0 cases: 2 files refused\n');
  });

  test('replay says so when there are no cases', async () => {
    directory.write('corpus/readme.md', '');
    const { code, stderr } = await run('replay');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'faultline: there is no case in corpus; faultline fuzz keeps what it finds there\n',
    });
  });

  test('fuzz refuses to start with a known divergence that it cannot read', async () => {
    directory.write('corpus/stage2/known-divergences/x.json', '{"schema": 1, "id": 7}');
    const { code, stderr } = await run('fuzz', '--runs', '1');
    expect(code).toBe(2);
    expect(stderr).toBe('faultline: corpus/stage2/known-divergences/x.json: $.id: expected string, got 7\n');
  });

  test.each([
    ['nothing', '', 'standard input: the file is empty'],
    ['half a scenario', '{"family": "sta', 'standard input: truncated: the text ends at line 1, column 16'],
    ['something else', '[]', 'standard input: $: this is no scenario: it has no family'],
    ['another family', '{"family": "x"}', 'there is no family "x"; there is: stage2, uffd'],
    [
      'a case with a bad scenario',
      '{"scenario": {"family": "stage2"}}',
      'standard input: $.scenario.schema: is missing',
    ],
  ])('run refuses %s on standard input', async (_, input, sentence) => {
    const { code, stderr } = await faultline(['run', '-'], { cwd: directory.path, input });
    expect(stderr).toContain(sentence);
    expect(code).toBe(2);
  });
});

test('rules prints the sentence of every rule, for people and for scripts', async () => {
  const [page, json] = await Promise.all([run('rules'), run('rules', '--json', '--family', 'stage2')]);
  expect([page.code, json.code]).toEqual([0, 0]);
  const { families } = JSON.parse(json.stdout) as { families: { stage2: { id: string; sentence: string }[] } };
  expect(families.stage2.length).toBeGreaterThan(50);
  for (const { id, sentence } of families.stage2) {
    expect(page.stdout).toContain(`\`${id}\``);
    expect(page.stdout).toContain(sentence);
  }
});

test('a reader that goes away is no error', async () => {
  const command = `${process.execPath} ${PROGRAM} rules | head -1; exit "\${PIPESTATUS[0]}"`;
  const { code, stdout, stderr } = await runToEnd(['bash', '-c', command], { cwd: directory.path });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '# Rules\n', stderr: '' });
});
