import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { cpio, DIRECTORY, FILE } from '../../../src/driver/targets/cpio.js';
import { buildInitramfs } from '../../../src/driver/targets/initramfs.js';

const PARTS = {
  init: Buffer.from('#!agent'),
  modules: [
    { file: 'virtio', parameters: '', image: Buffer.from('one') },
    { file: 'kvm-amd', parameters: 'npt=0', image: Buffer.from('two!') },
  ],
};

test('the bytes of an archive are those of the format', () => {
  const archive = cpio([
    { name: 'dev', mode: DIRECTORY },
    { name: 'a', mode: FILE, contents: Buffer.from('hello') },
  ]);
  const header = (inode: string, mode: string, links: string, size: string, name: string): string =>
    `070701${inode}${mode}0000000000000000${links}00000000${size}00000000000000000000000000000000${name}00000000`;
  expect(archive.toString('latin1')).toBe(
    `${header('00000001', '000041ED', '00000002', '00000000', '00000004')}dev\0\0\0` +
      `${header('00000002', '000081A4', '00000001', '00000005', '00000002')}a\0hello\0\0\0` +
      `${header('00000000', '00000000', '00000001', '00000000', '0000000B')}TRAILER!!!\0\0\0\0`,
  );
});

test('the same parts are the same bytes, compressed or not', () => {
  expect(buildInitramfs(PARTS)).toEqual(buildInitramfs({ ...PARTS, modules: [...PARTS.modules] }));
  expect(buildInitramfs(PARTS, 'gzip')).toEqual(buildInitramfs(PARTS, 'gzip'));
  expect(gunzipSync(buildInitramfs(PARTS, 'gzip'))).toEqual(buildInitramfs(PARTS));
});

test('cpio reads it: init, the console, and the modules in order with their list', ({ skip }) => {
  const input = buildInitramfs(PARTS);
  const listed = spawnSync('cpio', ['-tv', '--quiet', '--numeric-uid-gid'], { input, encoding: 'utf8' });
  if (listed.error !== undefined) skip('cpio is missing: run apt-get install cpio');
  expect(listed.status).toBe(0);
  const rows = listed.stdout.trim().split('\n');
  expect(rows.map((row) => row.split(/\s+/).at(-1))).toEqual([
    ...['dev', 'proc', 'sys', 'tmp', 'modules', 'dev/console', 'init', 'modules.list'],
    ...['modules/00-virtio.ko', 'modules/01-kvm-amd.ko'],
  ]);
  expect(rows.find((row) => row.endsWith('dev/console'))).toMatch(/^crw-------\s+1\s+0\s+0\s+5,\s*1 /);
  expect(rows.find((row) => row.endsWith(' init'))).toMatch(/^-rwxr-xr-x/);
  const { stdout } = spawnSync('cpio', ['-i', '--quiet', '--to-stdout', 'modules.list'], { input, encoding: 'utf8' });
  expect(stdout).toBe('00-virtio.ko\n01-kvm-amd.ko npt=0\n');
});
