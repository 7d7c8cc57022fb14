import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { BUILTIN_NAMES } from '../../../src/driver/targets/builtin.js';
import type { QemuTarget } from '../../../src/driver/targets/qemuTarget.js';
import { describeTarget, parseTarget, targetName, withOverrides } from '../../../src/driver/targets/target.js';
import { temporaryDirectory } from '../../support/temporary.js';

const directory = temporaryDirectory();

const ARM64: QemuTarget = {
  kind: 'qemu',
  name: 'arm64',
  arch: 'arm64',
  kernel: { kind: 'debian', wanted: '6.12' },
  memoryMiB: 1024,
  vcpus: 1,
  npt: true,
  append: '',
  qemuArguments: [],
};

function file(json: unknown): string {
  return `qemu:${directory.write('mine.json', typeof json === 'string' ? json : JSON.stringify(json))}`;
}

test('local, ssh and the built-in machines', () => {
  expect(parseTarget('local')).toEqual({ kind: 'local' });
  expect(parseTarget('ssh:root@kvm-box.example')).toEqual({ kind: 'ssh', host: 'root@kvm-box.example' });
  expect(parseTarget('qemu:arm64')).toEqual(ARM64);
  expect(parseTarget('qemu:amd64-newest-nonpt')).toEqual({
    ...ARM64,
    name: 'amd64-newest-nonpt',
    arch: 'amd64',
    kernel: { kind: 'debian', wanted: 'newest' },
    npt: false,
  });
  expect(BUILTIN_NAMES).toEqual([
    ...['arm64', 'arm64-6.1', 'arm64-6.12', 'arm64-newest'],
    ...['amd64', 'amd64-6.1', 'amd64-6.12', 'amd64-newest'],
    ...['amd64-nonpt', 'amd64-6.1-nonpt', 'amd64-6.12-nonpt', 'amd64-newest-nonpt'],
  ]);
});

test('every built-in name is parsed, named and described', () => {
  for (const name of BUILTIN_NAMES) expect(targetName(parseTarget(`qemu:${name}`))).toBe(`qemu:${name}`);
  expect(describeTarget(parseTarget('qemu:amd64-6.1-nonpt'))).toBe(
    "Debian's Linux 6.1 in QEMU for amd64: 1 CPU, 1024 MiB, shadow paging",
  );
  expect(describeTarget(parseTarget('local'))).toBe("this machine's KVM");
});

test.each(['', 'remote', 'Local', 'qemu', 'qemu:', 'qemu:arm64-nonpt', 'qemu:riscv64', 'qemu:amd64-5.4', 'kvm:x'])(
  '%j is refused with what a target can be',
  (text) => {
    expect(() => parseTarget(text)).toThrow(/a target is local, ssh:<host>, qemu:<file>, or one of qemu:arm64, /);
  },
);

test.each(['ssh:', 'ssh:-oProxyCommand=x', 'ssh:a b', 'ssh:a;b', 'ssh:$(x)', 'ssh:a\nb'])('%j is no host', (text) => {
  expect(() => parseTarget(text)).toThrow(/is not a host: write ssh:<host>/);
});

test('a file says all, and its paths are relative to it', () => {
  const target = parseTarget(
    file({
      arch: 'amd64',
      kernel: './bzImage',
      modules: 'lib/modules/6.13.0',
      cpu: 'EPYC,+svm',
      memoryMiB: 2048,
      vcpus: 2,
      npt: false,
      append: 'kvm.tdp_mmu=0',
      qemuArguments: ['-s'],
    }),
  );
  expect(target).toEqual({
    kind: 'qemu',
    name: 'mine',
    arch: 'amd64',
    kernel: { kind: 'image', path: resolve(directory.path, 'bzImage') },
    modules: resolve(directory.path, 'lib/modules/6.13.0'),
    cpu: 'EPYC,+svm',
    memoryMiB: 2048,
    vcpus: 2,
    npt: false,
    append: 'kvm.tdp_mmu=0',
    qemuArguments: ['-s'],
  });
  expect(describeTarget(target)).toMatch(/bzImage in QEMU for amd64: 2 CPUs, EPYC,\+svm, 2048 MiB, shadow paging$/);
});

test('a file can be short: the rest is as in the built-in machines', () => {
  expect(parseTarget(file({ arch: 'arm64', kernel: '6.12' }))).toEqual({ ...ARM64, name: 'mine' });
});

test('a kernel without a slash is a file only where there is one', () => {
  const image = directory.write('Image', '');
  expect(parseTarget(file({ arch: 'arm64', kernel: 'Image' }))).toMatchObject({
    kernel: { kind: 'image', path: image },
  });
  expect(parseTarget(file({ arch: 'arm64', kernel: 'Image2' }))).toMatchObject({ kernel: { kind: 'debian' } });
});

const REFUSED: readonly (readonly [json: unknown, problem: string])[] = [
  ['{', 'truncated: the text ends at line 1, column 2'],
  ['{"arch": "arm64", "arch": "arm64"}', 'the key "arch" occurs twice'],
  [5, '$: expected Object, got 5'],
  [{ arch: 'arm64' }, '$.kernel: is missing'],
  [{ arch: 'riscv64', kernel: '6.1' }, '$.arch: expected ("arm64" | "amd64"), got "riscv64"'],
  [{ arch: 'arm64', kernel: '6.1', memory: 1 }, '$.memory: unknown field'],
  [{ arch: 'arm64', kernel: '' }, '$.kernel: expected text that is not empty, got ""'],
  [{ arch: 'arm64', kernel: '6.1', vcpus: 0 }, '$.vcpus: expected a number from 1 to 8, got 0'],
  [
    { arch: 'arm64', kernel: '6.1', memoryMiB: 1.5e9 },
    '$.memoryMiB: expected a number from 256 to 65536, got 1500000000',
  ],
  [{ arch: 'arm64', kernel: '6.1', memoryMiB: 1000.5 }, '$.memoryMiB: expected an integer, got 1000.5'],
  [{ arch: 'arm64', kernel: '6.1', npt: false }, '$.npt: expected left out: only amd64 has nested paging to turn off'],
  [{ arch: 'arm64', kernel: '6.1', cpu: '-x' }, '$.cpu: expected a CPU as QEMU takes it'],
  [{ arch: 'arm64', kernel: '6.1', append: 'a\nb' }, '$.append: expected text on one line'],
  [{ arch: 'arm64', kernel: '6.1', qemuArguments: ['-s', 5] }, '$.qemuArguments[1]: expected string, got 5'],
];

test.each(REFUSED)('%j is refused', (json, problem) => {
  const text = file(json);
  expect(() => parseTarget(text)).toThrow(problem);
  expect(() => parseTarget(text)).toThrow(/mine\.json: [^\n]*$/);
});

test('another kernel takes the place of the kernel and its modules', () => {
  const custom = { ...ARM64, kernel: { kind: 'image', path: '/k/Image' }, modules: '/k/modules' } as const;
  expect(withOverrides(custom, {})).toBe(custom);
  expect(withOverrides(custom, { kernel: 'newest' })).toEqual({
    ...ARM64,
    kernel: { kind: 'debian', wanted: 'newest' },
  });
  expect(withOverrides(custom, { kernel: '/other/Image', modules: '/other/modules' })).toEqual({
    ...ARM64,
    kernel: { kind: 'image', path: '/other/Image' },
    modules: '/other/modules',
  });
  expect(withOverrides(ARM64, { modules: '/m' })).toEqual({ ...ARM64, modules: '/m' });
  expect(withOverrides({ kind: 'local' }, {})).toEqual({ kind: 'local' });
  expect(() => withOverrides({ kind: 'local' }, { kernel: '6.1' })).toThrow(/--kernel and --modules need a target/);
});
