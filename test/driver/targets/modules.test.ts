import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { modulesToLoad } from '../../../src/driver/targets/modules.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { moduleFile } from './moduleFile.js';

const directory = temporaryDirectory();

function names(wanted: Parameters<typeof modulesToLoad>[1]): string[] {
  return modulesToLoad(directory.path, wanted).map(({ file, parameters }) => `${file} ${parameters}`.trim());
}

function compressed(program: string, image: Buffer): Buffer | undefined {
  const { status, stdout } = spawnSync(program, ['-c'], { input: image });
  return status === 0 ? stdout : undefined;
}

/** As in Debian: no modules.dep, names with dashes in the file system and with underscores in the modules. */
function debianTree(): void {
  directory.write('modules.builtin', 'kernel/drivers/virtio/virtio_ring.ko\nkernel/virt/lib/irqbypass.ko\n');
  directory.write('kernel/arch/x86/kvm/kvm.ko', moduleFile(['irqbypass']));
  directory.write('kernel/arch/x86/kvm/kvm-amd.ko', moduleFile(['kvm', 'ccp']));
  directory.write('kernel/drivers/crypto/ccp/ccp.ko', moduleFile([]));
  directory.write(
    'kernel/drivers/virtio/virtio_pci.ko',
    moduleFile(['virtio_pci_modern_dev', 'virtio', 'virtio_ring']),
  );
  directory.write('kernel/drivers/virtio/virtio_pci_modern_dev.ko', moduleFile([]));
  directory.write('kernel/drivers/virtio/virtio.ko', moduleFile([]));
}

test('what a module needs comes before it, once, and without what is built in', () => {
  debianTree();
  expect(
    names([{ name: 'virtio_pci' }, { name: 'kvm_amd', parameters: 'npt=0' }, { name: 'kvm' }, { name: 'virtio_ring' }]),
  ).toEqual(['virtio_pci_modern_dev', 'virtio', 'virtio_pci', 'kvm', 'ccp', 'kvm-amd npt=0']);
});

test('parameters reach a module that another one needs before its turn', () => {
  debianTree();
  expect(names([{ name: 'kvm_amd' }, { name: 'kvm', parameters: 'tdp_mmu=0' }])).toEqual([
    'kvm tdp_mmu=0',
    'ccp',
    'kvm-amd',
  ]);
});

test('modules.dep is believed where depmod has run', () => {
  debianTree();
  directory.write(
    'modules.dep',
    'kernel/arch/x86/kvm/kvm-amd.ko: kernel/arch/x86/kvm/kvm.ko kernel/extra/first.ko\n' +
      'kernel/arch/x86/kvm/kvm.ko:\nkernel/extra/first.ko:\n',
  );
  directory.write('kernel/extra/first.ko', moduleFile([]));
  expect(names([{ name: 'kvm-amd' }])).toEqual(['first', 'kvm', 'kvm-amd']);
});

test('what make modules_install fills is understood as well', () => {
  directory.write('lib/modules/6.13.0/modules.builtin', 'kernel/drivers/virtio/virtio.ko\n');
  directory.write('lib/modules/6.13.0/modules.dep', 'kernel/a.ko: kernel/b.ko\nkernel/b.ko:\n');
  directory.write('lib/modules/6.13.0/kernel/a.ko', moduleFile([]));
  directory.write('lib/modules/6.13.0/kernel/b.ko', moduleFile([]));
  expect(names([{ name: 'virtio' }, { name: 'a' }])).toEqual(['b', 'a']);
  expect(() => names([{ name: 'c' }])).toThrow(/the module c is neither in/);
});

test('modules that need each other in a circle are loaded once', () => {
  directory.write('a.ko', moduleFile(['b']));
  directory.write('b.ko', moduleFile(['a']));
  expect(names([{ name: 'a' }])).toEqual(['b', 'a']);
});

test('compressed modules come out as they went in', ({ skip }) => {
  const image = moduleFile([]);
  const [xz, zst] = [compressed('xz', image), compressed('zstd', image)];
  if (xz === undefined || zst === undefined) return skip('xz and zstd are needed: run apt-get install xz-utils zstd');
  directory.write('a.ko.xz', xz);
  directory.write('b.ko.zst', zst);
  directory.write('c.ko.gz', gzipSync(image));
  const loaded = modulesToLoad(directory.path, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
  expect(loaded.map(({ file }) => file)).toEqual(['a', 'b', 'c']);
  for (const module of loaded) expect(module.image).toEqual(image);
});

test('a module that is neither there nor built in is named, with the one that needs it', () => {
  debianTree();
  directory.write('kernel/drivers/virtio/virtio_pci.ko', moduleFile(['virtio_new']));
  expect(() => names([{ name: 'kvm_intel' }])).toThrow(
    /the module kvm_intel is neither in .* nor built into that kernel/,
  );
  expect(() => names([{ name: 'virtio_pci' }])).toThrow(/the module virtio_new, which virtio_pci needs, is neither in/);
});

test('without a list of what is built in, what is not there is', () => {
  directory.write('a.ko', moduleFile(['builtin']));
  expect(names([{ name: 'a' }, { name: 'kvm' }])).toEqual(['a']);
  expect(modulesToLoad(undefined, [{ name: 'kvm' }])).toEqual([]);
});

test('what is no module or cannot be read is refused', () => {
  directory.write('a.ko', 'not a module');
  directory.write('b.ko.xz', 'not compressed');
  expect(() => names([{ name: 'a' }])).toThrow(/a\.ko is not a kernel module/);
  expect(() => names([{ name: 'b' }])).toThrow(/xz cannot read .*b\.ko\.xz|xz is missing/);
  expect(() => modulesToLoad('/nonexistent', [{ name: 'a' }])).toThrow(
    'the modules /nonexistent cannot be read: no such file or directory',
  );
});
