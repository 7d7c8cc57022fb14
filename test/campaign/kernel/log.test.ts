import { describe, expect, test } from 'vitest';
import { Kmsg } from '../../../src/campaign/kernel/kmsg.js';
import { KernelLog, KernelLogClassifier, TaskOwners } from '../../../src/campaign/kernel/log.js';

let sequence = 0;

function feedAll(lines: readonly string[]): ReturnType<KernelLogClassifier['close']> {
  const classifier = new KernelLogClassifier();
  for (const line of lines) {
    const report = classifier.feed(`4,${++sequence},1000,-;${line}\n DEVICE=none\n`, 0);
    if (report !== undefined) return report;
  }
  return classifier.close();
}

describe('the classifier', () => {
  test.each([
    'WARNING: CPU: 1 PID: 77 at arch/somewhere/mmu.c:10 made_up+0x1/0x2',
    'BUG: KASAN: use-after-free in made_up+0x10/0x20',
    'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [node:77]',
    'kernel BUG at mm/somewhere.c:12!',
    'WARNING: possible circular locking dependency detected',
    'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
    'general protection fault, probably for non-canonical address 0xdead: 0000 [#1]',
    'Oops: 0000 [#1] SMP',
    'INFO: task node:77 blocked for more than 120 seconds.',
  ])('sees trouble in: %s', (line) => {
    expect(feedAll([line])?.lines).toEqual([line]);
  });

  test.each([
    'kvm-pvm: INTERNAL_ERROR in batch emul: rip=0x1000 cpl=0 cr3=0x1000',
    'Some Mitigation: WARNING: See the documentation for options.',
    'KVM: debugfs: duplicate directory 12-4',
    'rcu: Hierarchical SRCU implementation.',
    'traps: node[77] general protection fault ip:4000 sp:7fff error:0 in node[400000+1000]',
  ])('sees none in: %s', (line) => {
    expect(feedAll([line])).toBeUndefined();
  });

  test.each([
    [['WARNING: CPU: 1 PID: 77 Comm: node at arch/somewhere.c:1 made_up+0x1'], 77, 'node'],
    [['BUG: KASAN: something', 'Read of size 8 at addr ff by task node/78'], 78, 'node'],
    [['WARNING: arch/somewhere.c:1 at made_up+0x1, CPU#0: node/79'], 79, 'node'],
    [['Oops: 0000 [#1]', 'CPU: 0 UID: 0 PID: 80 Comm: node Not tainted 6.1'], 80, 'node'],
    [['INFO: task node:81 blocked for more than 120 seconds.'], 81, 'node'],
    [['watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [node:83]'], 83, 'node'],
    [['rcu: INFO: rcu_preempt detected stalls', 'task:node state:R stack:0 pid:84 ppid:1 flags:0x0'], 84, 'node'],
    [['WARNING: possible recursive locking detected', 'node/82 is trying to acquire lock:'], 82, 'node'],
  ] as const)('reads the task from %j', (lines, tid, comm) => {
    expect(feedAll(lines)).toMatchObject({ tid, comm });
  });

  test('ends a report where one about another task begins, and not where the same goes on', () => {
    const classifier = new KernelLogClassifier();
    const lines = [
      'WARNING: CPU: 1 PID: 77 at a.c:1 f',
      'Kernel panic - not syncing',
      'WARNING: CPU: 1 PID: 77 at b.c:1 g',
    ];
    for (const line of lines) expect(classifier.feed(`4,1,1,-;${line}`, 0)).toBeUndefined();
    expect(classifier.feed('4,1,1,-;WARNING: CPU: 1 PID: 79 at a.c:1 f', 0)).toMatchObject({ tid: 77 });
    expect(classifier.close()).toMatchObject({ tid: 79, lines: ['WARNING: CPU: 1 PID: 79 at a.c:1 f'] });
  });

  test('takes the caller of the first line when no line names a task', () => {
    const classifier = new KernelLogClassifier();
    classifier.feed('4,1,1000,-,caller=T90;Oops: 0000 [#1]', 0);
    expect(classifier.close()?.tid).toBe(90);
  });

  test('ends a report at its end mark, and after a pause', () => {
    const report = feedAll(['BUG: made up', 'a line', '---[ end trace 0000 ]---', 'another matter']);
    expect(report?.lines).toHaveLength(3);
    const classifier = new KernelLogClassifier();
    classifier.feed('4,1,1000,-;BUG: made up', 0);
    expect(classifier.poll(100)).toBeUndefined();
    expect(classifier.poll(1000)?.lines).toEqual(['BUG: made up']);
  });

  test('begins the next report with the line that ended the pause', () => {
    const classifier = new KernelLogClassifier();
    classifier.feed('4,1,1000,-;BUG: first', 0);
    expect(classifier.feed('4,2,1000,-;BUG: second', 5000)?.lines).toEqual(['BUG: first']);
    expect(classifier.close()?.lines).toEqual(['BUG: second']);
  });

  test('bounds a report that never ends', () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `BUG: line ${i}`);
    expect(feedAll(lines)?.lines.length).toBeLessThan(200);
  });
});

test('a log that cannot be read is one sentence', () => {
  const log = new KernelLog(new Kmsg('/nonexistent/kmsg'));
  expect(log.problem).toBe('the kernel log is not watched: /nonexistent/kmsg: no such file or directory');
  expect(log.poll()).toEqual([]);
});

test('a thread belongs to its worker, also after it ended', () => {
  const tasks = new Map([[1_000_001, [1_000_001, 1_000_002]]]);
  const owners = new TaskOwners((pid) => tasks.get(pid) ?? []);
  owners.sample([1_000_001]);
  tasks.clear();
  owners.sample([]);
  expect(owners.ownerOf(1_000_002)).toBe(1_000_001);
  expect(owners.ownerOf(1_000_003)).toBeUndefined();
  expect(owners.ownerOf(undefined)).toBeUndefined();
});
