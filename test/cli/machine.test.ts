import { describe, expect, test } from 'vitest';
import { type Check, checkKvm, checkMachine } from '../../src/cli/machine/checks.js';
import type { Machine } from '../../src/cli/machine/machine.js';

const THP = '/sys/kernel/mm/transparent_hugepage/enabled';
const FREE = '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages';
const UFFD = '/proc/sys/vm/unprivileged_userfaultfd';

interface Described {
  readonly isRoot?: boolean;
  /** Path to errno; other paths open. */
  readonly errors?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly failing?: string;
}

function machine({ isRoot = true, errors = {}, files = {}, failing }: Described): Machine {
  const all: Readonly<Record<string, string>> = {
    [THP]: 'always [madvise] never',
    [FREE]: '8\n',
    [UFFD]: '0\n',
    ...files,
  };
  return {
    isRoot,
    arch: 'x64',
    openError: (path) => errors[path],
    read: (path) => all[path],
    succeeds: (command) => failing === undefined || !command.includes(failing),
  };
}

function missing(described: Described): Pick<Check, 'name' | 'mend' | 'needed'>[] {
  return checkMachine(machine(described)).flatMap(({ status, name, mend, needed }) =>
    status === 'missing' ? [{ name, mend, needed }] : [],
  );
}

test('an able machine misses nothing', () => {
  expect(missing({})).toEqual([]);
});

describe('/dev/kvm', () => {
  test.each<[string, Described, string, string]>([
    [
      'is missing on an Intel CPU',
      { errors: { '/dev/kvm': 'ENOENT' }, files: { '/proc/cpuinfo': 'flags\t\t: fpu vmx ssse3\n' } },
      'does not exist: the KVM module is not loaded',
      'modprobe kvm_intel',
    ],
    [
      'is missing on an AMD CPU, for a user',
      { isRoot: false, errors: { '/dev/kvm': 'ENODEV' }, files: { '/proc/cpuinfo': 'flags\t\t: fpu svm\n' } },
      'does not exist: the KVM module is not loaded',
      'sudo modprobe kvm_amd',
    ],
    [
      'is not permitted, and there is a group for it',
      { isRoot: false, errors: { '/dev/kvm': 'EACCES' }, files: { '/etc/group': 'root:x:0:\nkvm:x:104:\n' } },
      'is there, but you have no permission to open it',
      'sudo chmod 666 /dev/kvm   (or, for good: sudo usermod -aG kvm "$USER" and log in again)',
    ],
    [
      'is not permitted',
      { isRoot: false, errors: { '/dev/kvm': 'EACCES' } },
      'is there, but you have no permission to open it',
      'sudo chmod 666 /dev/kvm',
    ],
  ])('%s', (_, described, detail, mend) => {
    expect(checkKvm(machine(described))).toEqual({ name: '/dev/kvm', status: 'missing', needed: true, detail, mend });
  });

  test('is missing because the CPU has no virtualization', () => {
    const { detail, mend } = checkKvm(machine({ errors: { '/dev/kvm': 'ENOENT' } }));
    expect(detail).toContain('neither vmx nor svm');
    expect(mend).toContain('nested=1');
  });
});

describe('what is missing is no reason not to run, and names what mends it', () => {
  test.each<[string, Described, string]>([
    ['userfaultfd', { isRoot: false, errors: { '/dev/userfaultfd': 'EACCES' } }, 'sudo chmod 666 /dev/userfaultfd'],
    [
      'userfaultfd',
      { isRoot: false, errors: { '/dev/userfaultfd': 'ENOENT' } },
      'sudo sysctl -w vm.unprivileged_userfaultfd=1',
    ],
    ['huge pages', { files: { [FREE]: '0\n' } }, 'echo 64 > /proc/sys/vm/nr_hugepages'],
    ['huge pages', { isRoot: false, files: { [FREE]: '0' } }, 'echo 64 | sudo tee /proc/sys/vm/nr_hugepages'],
    ['transparent huge pages', { files: { [THP]: 'always madvise [never]' } }, `echo madvise > ${THP}`],
    ['kernel log', { isRoot: false, errors: { '/dev/kmsg': 'EPERM' } }, 'sudo sysctl -w kernel.dmesg_restrict=0'],
    ['compiler', { failing: 'make' }, 'apt-get install build-essential'],
    ['compiler', { failing: 'kvm.h' }, 'apt-get install build-essential'],
  ])('%s', (name, described, mend) => {
    expect(missing(described)).toEqual([{ name, mend, needed: false }]);
  });

  test('a user may use userfaultfd by its device or by the sysctl', () => {
    expect(missing({ isRoot: false })).toEqual([]);
    expect(missing({ isRoot: false, files: { [UFFD]: '1' }, errors: { '/dev/userfaultfd': 'EACCES' } })).toEqual([]);
  });
});
