import { appendFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Kmsg } from '../../../src/campaign/kernel/kmsg.js';
import { OomKills } from '../../../src/campaign/kernel/oomKills.js';
import { temporaryDirectory } from '../../support/temporary.js';

const directory = temporaryDirectory();

const ofGroup = 'Memory cgroup out of memory: Killed process 4711 (node) total-vm:1kB, anon-rss:1kB, UID:0';
const ofMachine = 'Out of memory: Killed process 4712 (node) total-vm:1kB, anon-rss:1kB, UID:0';

/** A log whose records are the lines of a file. */
function logOf(file: string, lines: readonly string[]): Kmsg {
  const log = new Kmsg(file);
  for (const line of lines) appendFileSync(file, `3,1,1000,-;${line}\n`);
  return log;
}

test.for([[4711, ofGroup] as const, [4712, ofMachine] as const])('the kernel log names process %i', ([pid, line]) => {
  directory.write('log', '');
  const kills = new OomKills(logOf(`${directory.path}/log`, [line]), () => 0, false);
  expect(kills.about(pid)).toBe(line);
  expect(kills.about(4713)).toBeUndefined();
  kills.close();
});

test("somebody else's end is not this process's, as long as the log can be read", () => {
  directory.write('log', '');
  let count = 0;
  const kills = new OomKills(logOf(`${directory.path}/log`, [ofMachine]), () => count++, false);
  expect(kills.about(1)).toBeUndefined();
  kills.close();
});

test.for([
  ['the log cannot be read', '/nonexistent/kmsg', false],
  ['processes have other numbers in it', '/dev/null', true],
] as const)('where %s, the count of the memory cgroup tells', ([, device, ownNumbers]) => {
  let count: number | undefined = 3;
  const kills = new OomKills(new Kmsg(device), () => count, ownNumbers);
  expect(kills.about(1)).toBeUndefined();
  count = 4;
  expect(kills.about(1)).toBe('the memory cgroup has counted a kill for want of memory');
  expect(kills.about(1)).toBeUndefined();
  count = undefined;
  expect(kills.about(1)).toBeUndefined();
  kills.close();
});
