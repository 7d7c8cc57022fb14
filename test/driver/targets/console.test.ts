import { expect, test } from 'vitest';
import { diagnoseConsole } from '../../../src/driver/targets/console.js';

const cases: readonly (readonly [name: string, text: string, sentence: RegExp])[] = [
  ['silence', '\r\n', /^the kernel printed nothing: is the image for arm64/],
  [
    'an agent for another machine',
    '[    1.2] Failed to execute /init (error -8)\r\n[    1.3] Kernel panic - not syncing: No working init found.\r\n',
    /^the agent cannot be executed there: .* \("Failed to execute \/init \(error -8\)"\)$/,
  ],
  [
    'no initramfs',
    '[    1.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n',
    /^the kernel found no \/init: .*\("Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block\(0,0\)"\)$/,
  ],
  [
    'the agent ended',
    'faultline-agent: /dev/kvm: No such device\r\n[    2.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\r\n',
    /^the agent ended, .*exitcode=0x00000100", after "faultline-agent: \/dev\/kvm: No such device"\)$/,
  ],
  [
    'an oops, which comes before the panic that it causes',
    '[    1.0] BUG: kernel NULL pointer dereference, address: 0000000000000008\r\n[    1.0] Oops: 0000 [#1]\r\n' +
      '[    1.1] Kernel panic - not syncing: Fatal exception\r\n',
    /^the kernel of the guest failed \("BUG: kernel NULL pointer dereference, address: 0000000000000008"\)$/,
  ],
  [
    'an oops of arm64 with a task before it',
    '[    3.0][  T77] Internal error: Oops: 0000000096000004 [#1] SMP\r\n',
    /^the kernel of the guest failed \("Internal error: Oops: 0000000096000004 \[#1\] SMP"\)$/,
  ],
  [
    'no SVM',
    '[    3.0] kvm_amd: SVM not supported by CPU 0\r\nfaultline-agent: insmod /modules/02-kvm-amd.ko: Operation not supported\r\n',
    /^the guest has no KVM: .* \("kvm_amd: SVM not supported by CPU 0", after "faultline-agent: insmod .*not supported"\)$/,
  ],
  [
    'modules of another kernel',
    "[    1.0] virtio: version magic '6.1.0 SMP' should be '6.12.1 SMP'\r\n",
    /^the modules are not of that kernel: .*should be '6\.12\.1 SMP'"\)$/,
  ],
  [
    'too little memory',
    '[    0.9] Kernel panic - not syncing: System is deadlocked on memory\r\n',
    /^the guest has too little memory: raise memoryMiB/,
  ],
  [
    'another panic',
    '[    0.9] Kernel panic - not syncing: stack-protector: Kernel stack is corrupted\r\n',
    /^the kernel of the guest panicked \("Kernel panic - not syncing: stack-protector: /,
  ],
  [
    'the agent switched it off',
    'faultline-agent: there is no virtio port named agent\r\n[    2.0] reboot: Power down\r\n',
    /^the last line of its console is "faultline-agent: there is no virtio port named agent"$/,
  ],
  ['a strange end', '[    0.5] a\u001b[31m line\r\n', /^the last line of its console is "a\\u001b\[31m line"$/],
];

test.each(cases)('%s', (_name, text, sentence) => {
  expect(diagnoseConsole(text, 'arm64')).toMatch(sentence);
});
