import { expect, test } from 'vitest';
import { builtinTarget } from '../../../src/driver/targets/builtin.js';
import { guestModules, pickCpu, qemuArguments, qemuBuild } from '../../../src/driver/targets/qemuArguments.js';
import type { QemuTarget } from '../../../src/driver/targets/qemuTarget.js';

function target(name: string): QemuTarget {
  const found = builtinTarget(name);
  if (found === undefined) throw new Error(`no target ${name}`);
  return found;
}

const FILES = { image: '/k/vmlinuz', initramfs: '/run/initramfs.cpio', console: '/run/a,b/console.log' };

/** What follows an option. */
function valueOf(args: readonly string[], option: string): string | undefined {
  const at = args.indexOf(option);
  return at < 0 ? undefined : args[at + 1];
}

test('the guest has the port, one thread of emulation, and ends on a panic', () => {
  const args = qemuArguments(target('arm64'), 'neoverse-n2', FILES);
  expect(valueOf(args, '-machine')).toBe('virt,virtualization=on,gic-version=3');
  expect(valueOf(args, '-cpu')).toBe('neoverse-n2');
  expect(valueOf(args, '-accel')).toBe('tcg,thread=single');
  expect(valueOf(args, '-append')).toBe('console=ttyAMA0 quiet oops=panic panic=-1');
  expect(valueOf(args, '-serial')).toBe('file:/run/a,,b/console.log');
  expect(args).toContain('virtserialport,chardev=agent,name=agent');
  expect(args).toContain('-no-reboot');
});

test('what a target adds comes last', () => {
  const args = qemuArguments(
    { ...target('amd64'), append: 'kvm.tdp_mmu=0', qemuArguments: ['-s', '-S'], memoryMiB: 512, vcpus: 2 },
    'max,+svm',
    FILES,
  );
  expect(valueOf(args, '-append')).toMatch(/^console=ttyS0 .* kvm\.tdp_mmu=0$/);
  expect([valueOf(args, '-m'), valueOf(args, '-smp')]).toEqual(['512M', '2']);
  expect(args.slice(-2)).toEqual(['-s', '-S']);
});

test('shadow paging is a parameter of kvm_amd', () => {
  const parameters = (name: string): string | undefined =>
    guestModules(target(name)).find((module) => module.name === 'kvm_amd')?.parameters;
  expect(parameters('amd64-nonpt')).toBe('npt=0');
  expect(parameters('amd64')).toBe('');
  expect(parameters('arm64')).toBeUndefined();
});

test('the CPU is the best that QEMU has, without what it gets wrong', () => {
  const old = qemuBuild('QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\n', 'max\n  neoverse-n1\n  qemu64\n');
  const recent = qemuBuild('QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\n', 'neoverse-n1 neoverse-n2 max');
  expect(old.version).toEqual([7, 2]);
  expect(pickCpu('arm64', old)).toBe('neoverse-n1');
  expect(pickCpu('arm64', recent)).toBe('neoverse-n2');
  expect(pickCpu('arm64', qemuBuild('', ''))).toBe('max');
  expect(pickCpu('amd64', old)).toBe('max,+svm,cx16=off');
  expect(pickCpu('amd64', recent)).toBe('max,+svm');
});
