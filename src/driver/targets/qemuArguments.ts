import type { Arch } from './arch.js';
import type { QemuTarget } from './qemuTarget.js';
import type { WantedModule } from './modules.js';

/** Name of the port through which the agent in the guest talks. */
export const AGENT_PORT = 'agent';

interface Machine {
  readonly program: string;
  readonly machine: string;
  /** CPU models that have what KVM can use, the best first. */
  readonly cpus: readonly string[];
  readonly console: string;
}

/**
 * Neoverse-n2 has what `max` has of use (hardware access flag, LSE) and addresses of 48 bits instead of 52, of which
 * Linux 6.19 and later walk every level when a virtual machine ends. QEMU has it from 8.2 on; neoverse-n1 is much the same.
 */
const MACHINES: Readonly<Record<Arch, Machine>> = {
  arm64: {
    program: 'qemu-system-aarch64',
    machine: 'virt,virtualization=on,gic-version=3',
    cpus: ['neoverse-n2', 'neoverse-n1', 'max'],
    console: 'ttyAMA0',
  },
  amd64: {
    program: 'qemu-system-x86_64',
    machine: 'q35',
    cpus: ['max,+svm'],
    console: 'ttyS0',
  },
};

/** Files that QEMU is started with. */
export interface QemuFiles {
  readonly image: string;
  readonly initramfs: string;
  readonly console: string;
}

/** A file that is the guest's memory. What a guest writes gets there (`on`), or into a copy of its own (`off`). */
export interface MemoryFile {
  readonly path: string;
  readonly share: 'on' | 'off';
}

/** QEMU's program for an architecture. */
export function qemuProgram(arch: Arch): string {
  return MACHINES[arch].program;
}

/** Modules that the guest needs for the agent's port and for KVM, without those that these need. */
export function guestModules({ arch, npt }: QemuTarget): WantedModule[] {
  const port = [{ name: 'virtio_pci' }, { name: 'virtio_console' }];
  const kvm = arch === 'amd64' ? [{ name: 'kvm_amd', parameters: npt ? '' : 'npt=0' }] : [];
  return [...port, ...kvm];
}

/** What this machine's QEMU is. */
export interface QemuBuild {
  /** Major and minor. */
  readonly version: readonly [number, number];
  /** CPU models that it knows. */
  readonly cpus: ReadonlySet<string>;
}

/** Reads what `--version` and `-cpu help` print. */
export function qemuBuild(version: string, cpuHelp: string): QemuBuild {
  const [, major = '0', minor = '0'] = /version (\d+)\.(\d+)/.exec(version) ?? [];
  return { version: [Number(major), Number(minor)], cpus: new Set(cpuHelp.split(/\s+/)) };
}

/** The best CPU model that a QEMU has for an architecture, as `-cpu` takes it. */
export function pickCpu(arch: Arch, { version: [major], cpus }: QemuBuild): string {
  const models = MACHINES[arch].cpus;
  const model = models.find((cpu) => cpus.has(cpu.replace(/,.*$/, ''))) ?? models.at(-1) ?? 'max';
  // Before 8.0, cmpxchg16b leaves flags that no instruction set, and where an interrupt saves and restores them there,
  // the guest crashes: one boot in ten of Linux 6.12. Without it Linux takes another way.
  return arch === 'amd64' && major < 8 ? `${model},cx16=off` : model;
}

/** QEMU's arguments. The agent's port is its standard input and output. */
export function qemuArguments(target: QemuTarget, cpu: string, files: QemuFiles, memory?: MemoryFile): string[] {
  const { machine, console } = MACHINES[target.arch];
  const size = `${target.memoryMiB}M`;
  // An oops is a panic, and with panic=-1 a panic restarts the guest at once, which QEMU does not do: it ends.
  const kernelLine = `console=${console} quiet oops=panic panic=-1 ${target.append}`.trim();
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-machine', machine, '-cpu', cpu, '-smp', String(target.vcpus), '-m', size],
    ...(memory === undefined ? [] : memoryArguments(memory, size)),
    // With a thread for each CPU, emulated compare-and-swap on a read-only slot faults as no CPU does.
    ...['-accel', 'tcg,thread=single'],
    ...['-kernel', files.image, '-initrd', files.initramfs, '-append', kernelLine],
    ...['-serial', `file:${escapeComma(files.console)}`],
    ...['-chardev', 'stdio,id=agent,signal=off', '-device', 'virtio-serial-pci'],
    ...['-device', `virtserialport,chardev=agent,name=${AGENT_PORT}`],
    ...target.qemuArguments,
  ];
}

function memoryArguments({ path, share }: MemoryFile, size: string): string[] {
  const object = `memory-backend-file,id=ram,size=${size},mem-path=${escapeComma(path)},share=${share}`;
  return ['-object', object, '-machine', 'memory-backend=ram'];
}

/** QEMU splits options at commas; two stand for one. */
function escapeComma(path: string): string {
  return path.replaceAll(',', ',,');
}
