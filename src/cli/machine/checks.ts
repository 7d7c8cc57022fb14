import type { Machine } from './machine.js';

/** One thing that the tool can use. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'missing';
  /** Without it the scenarios of a whole family cannot run. */
  readonly needed: boolean;
  /** What is there, or what is missing and what that costs. */
  readonly detail: string;
  /** The command that mends it. */
  readonly mend: string | undefined;
}

/** Free 2 MiB pages that let every worker use both kinds of hugetlb backing. */
const HUGE_PAGES = 64;
const FREE_HUGE_PAGES = '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages';

/** Everything that can be checked without the native driver. */
export function checkMachine(machine: Machine): Check[] {
  const checks = [checkKvm, checkUserfaultfd, checkHugePages, checkThp, checkKernelLog, checkCompiler];
  return checks.map((check) => check(machine));
}

/** /dev/kvm, without which only the families run that need none. */
export function checkKvm(machine: Machine): Check {
  const name = '/dev/kvm';
  const missing = (detail: string, mend: string): Check => ({ name, status: 'missing', needed: true, detail, mend });
  const error = machine.openError('/dev/kvm', 'write');
  switch (error) {
    case undefined:
      return ok(name, 'can be opened', true);
    case 'EACCES':
    case 'EPERM':
      return missing('is there, but you have no permission to open it', permissionFor(machine));
    case 'ENOENT':
    case 'ENXIO':
    case 'ENODEV':
      return missing(...loadKvm(machine));
    default:
      return missing(`cannot be opened (${error})`, 'dmesg | grep -i kvm');
  }
}

function permissionFor(machine: Machine): string {
  const hasGroup = /^kvm:/m.test(machine.read('/etc/group') ?? '');
  return `sudo chmod 666 /dev/kvm${hasGroup ? '   (or, for good: sudo usermod -aG kvm "$USER" and log in again)' : ''}`;
}

function loadKvm(machine: Machine): [string, string] {
  const cpu = machine.read('/proc/cpuinfo') ?? '';
  const load = (module: string): [string, string] => [
    'does not exist: the KVM module is not loaded',
    as(machine, `modprobe ${module}`),
  ];
  if (/^flags\s*:.*\bvmx\b/m.test(cpu)) return load('kvm_intel');
  if (/^flags\s*:.*\bsvm\b/m.test(cpu)) return load('kvm_amd');
  return [
    'does not exist, and the CPU shows neither vmx nor svm: virtualization is off in the firmware, or this is a virtual machine without nested virtualization',
    'turn it on in the firmware; on the host of a virtual machine: modprobe -r kvm_intel && modprobe kvm_intel nested=1, and the CPU model "host"',
  ];
}

/** userfaultfd, for faults in the kernel as well. */
export function checkUserfaultfd(machine: Machine): Check {
  const name = 'userfaultfd';
  const allowed = machine.read('/proc/sys/vm/unprivileged_userfaultfd')?.trim();
  if (allowed === undefined) {
    return missing(
      name,
      'the kernel has none; scenarios with userfaultfd are skipped',
      'boot a kernel built with CONFIG_USERFAULTFD=y',
    );
  }
  if (machine.isRoot || allowed === '1') return ok(name, 'is permitted');
  const device = machine.openError('/dev/userfaultfd', 'write');
  if (device === undefined) return ok(name, 'is permitted through /dev/userfaultfd');
  return missing(
    name,
    'is not permitted to this user for faults in the kernel; scenarios with userfaultfd are skipped',
    device === 'ENOENT' ? 'sudo sysctl -w vm.unprivileged_userfaultfd=1' : 'sudo chmod 666 /dev/userfaultfd',
  );
}

function checkHugePages(machine: Machine): Check {
  const name = 'huge pages';
  const free = machine.read(FREE_HUGE_PAGES)?.trim();
  if (free === undefined) {
    return missing(
      name,
      'the kernel has no 2 MiB hugetlb pages; scenarios on hugetlb memory are skipped',
      'boot a kernel built with CONFIG_HUGETLBFS=y',
    );
  }
  if (Number(free) > 0) return ok(name, `${free} free of 2 MiB each`);
  const mend = writeTo(machine, String(HUGE_PAGES), '/proc/sys/vm/nr_hugepages');
  return missing(name, 'none of 2 MiB is free; scenarios on hugetlb memory are skipped', mend);
}

function checkThp(machine: Machine): Check {
  const name = 'transparent huge pages';
  const file = '/sys/kernel/mm/transparent_hugepage/enabled';
  const enabled = machine.read(file);
  const mode = /\[(\w+)\]/.exec(enabled ?? '')?.[1];
  if (mode !== undefined && mode !== 'never') return ok(name, `mode ${mode}`);
  const cost = 'scenarios on such memory are skipped';
  if (mode === undefined) {
    return missing(name, `the kernel has none; ${cost}`, 'boot a kernel built with CONFIG_TRANSPARENT_HUGEPAGE=y');
  }
  return missing(name, `are off; ${cost}`, writeTo(machine, 'madvise', file));
}

function checkKernelLog(machine: Machine): Check {
  const name = 'kernel log';
  const error = machine.openError('/dev/kmsg', 'read');
  if (error === undefined) return ok(name, 'can be read');
  const cost = 'warnings of the kernel during a scenario go unnoticed';
  if (error === 'ENOENT')
    return missing(name, `/dev/kmsg does not exist; ${cost}`, as(machine, 'mknod /dev/kmsg c 1 11'));
  return missing(name, `is not readable for this user; ${cost}`, 'sudo sysctl -w kernel.dmesg_restrict=0');
}

function checkCompiler(machine: Machine): Check {
  const name = 'compiler';
  const preprocess = 'echo "#include <linux/kvm.h>" | ${CC:-cc} -E -x c - >/dev/null';
  const absent = [
    machine.succeeds('${CC:-cc} --version') ? [] : ['cc'],
    machine.succeeds('make --version') ? [] : ['make'],
    machine.succeeds(preprocess) ? [] : ['<linux/kvm.h>'],
  ].flat();
  if (absent.length === 0) return ok(name, 'cc, make and the kernel headers are there');
  return missing(
    name,
    `${absent.join(', ')} missing; the native driver cannot be rebuilt`,
    as(machine, 'apt-get install build-essential'),
  );
}

function ok(name: string, detail: string, needed = false): Check {
  return { name, status: 'ok', needed, detail, mend: undefined };
}

function missing(name: string, detail: string, mend: string): Check {
  return { name, status: 'missing', needed: false, detail, mend };
}

/** A command as this user has to type it. */
function as(machine: Machine, command: string): string {
  return machine.isRoot ? command : `sudo ${command}`;
}

function writeTo(machine: Machine, text: string, file: string): string {
  return machine.isRoot ? `echo ${text} > ${file}` : `echo ${text} | sudo tee ${file}`;
}
