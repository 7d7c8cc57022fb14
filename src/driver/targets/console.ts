import { oneLine } from '../../util/text.js';
import type { Arch } from './arch.js';

const LONGEST_QUOTE = 200;

interface Cause {
  readonly pattern: RegExp;
  readonly meaning: string;
}

const WRONG_AGENT = 'the agent cannot be executed there: build it for that architecture, statically';
const WRONG_MODULES = 'the modules are not of that kernel: give the modules of the image that is booted';

/** What lines of the console mean. The first that matches any line is the cause; the other lines followed from it. */
const CAUSES: readonly Cause[] = [
  { pattern: /Failed to execute \/init \(error -\d+\).*/, meaning: WRONG_AGENT },
  { pattern: /.*version magic .* should be .*/, meaning: WRONG_MODULES },
  { pattern: /.*(disagrees about version of symbol|Unknown symbol) .*/, meaning: WRONG_MODULES },
  { pattern: /.*HYP mode not available.*/, meaning: 'the guest has no KVM: its CPU model must have EL2' },
  { pattern: /.*SVM (not supported|is disabled).*/i, meaning: 'the guest has no KVM: its CPU model must have svm' },
  {
    pattern: /(BUG: |Oops: |Internal error: |Unable to handle kernel |kernel BUG at |general protection fault).*/,
    meaning: 'the kernel of the guest failed',
  },
  {
    pattern: /Kernel panic - not syncing: VFS: Unable to mount.*/,
    meaning: 'the kernel found no /init: it must be built with CONFIG_BLK_DEV_INITRD',
  },
  { pattern: /Kernel panic - not syncing: (No working init found|Requested init ).*/, meaning: WRONG_AGENT },
  {
    pattern: /Kernel panic - not syncing: .*([Oo]ut of memory|deadlocked on memory).*/,
    meaning: 'the guest has too little memory: raise memoryMiB',
  },
  {
    pattern: /Kernel panic - not syncing: Attempted to kill init!.*/,
    meaning: 'the agent ended, and the guest with it',
  },
  { pattern: /Kernel panic - not syncing: .*/, meaning: 'the kernel of the guest panicked' },
];

/** Says in one sentence what the console of a guest tells about why it does not answer. */
export function diagnoseConsole(text: string, arch: Arch): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.endsWith('reboot: Power down'));
  const last = lines.at(-1);
  if (last === undefined)
    return `the kernel printed nothing: is the image for ${arch}, with a driver for its serial port?`;
  // What has no time stamp comes from the agent, which says what it failed at.
  const own = lines.findLast((line) => line === withoutTime(line));
  for (const { pattern, meaning } of CAUSES) {
    const found = lines.map((line) => pattern.exec(withoutTime(line))?.[0]).find((match) => match !== undefined);
    if (found === undefined) continue;
    const before = own === undefined || own.includes(found) ? '' : `, after ${quote(own)}`;
    return `${meaning} (${quote(found)}${before})`;
  }
  return `the last line of its console is ${quote(own ?? withoutTime(last))}`;
}

/** Without the time stamp, and the task or CPU, that the kernel puts before a line. */
function withoutTime(line: string): string {
  return line.replace(/^\[\s*\d+\.\d+\](\[\s*[TC]\d+\])?\s*/, '');
}

function quote(line: string): string {
  return `"${oneLine(line, LONGEST_QUOTE)}"`;
}
