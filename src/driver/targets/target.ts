import type { Arch } from './arch.js';
import { builtinTarget, BUILTIN_NAMES } from './builtin.js';
import { TargetError } from './error.js';
import { readTargetFile, targetFileExists } from './targetFile.js';
import { kernelSource, type QemuTarget } from './qemuTarget.js';

/** Where scenarios execute: this machine, another one, or a kernel booted in QEMU. */
export type Target = { readonly kind: 'local' } | { readonly kind: 'ssh'; readonly host: string } | QemuTarget;

/** What the command line says about a target besides its name. */
export interface TargetOverrides {
  /** Path of an image, or a release or series of Debian. */
  readonly kernel?: string | undefined;
  /** Path of the directory with its modules. */
  readonly modules?: string | undefined;
}

const FORMS = `a target is local, ssh:<host>, qemu:<file>, or one of ${BUILTIN_NAMES.map((name) => `qemu:${name}`).join(', ')}`;

/**
 * Understands a target as the user writes it: `local`, `ssh:<host>`, or `qemu:` and a built-in name or the path of a file.
 *
 * @throws {TargetError} when it is none, or the file is wrong.
 */
export function parseTarget(text: string): Target {
  if (text === 'local') return { kind: 'local' };
  const [, kind, name = ''] = /^(ssh|qemu):(.*)$/s.exec(text) ?? [];
  if (kind === 'ssh') return { kind: 'ssh', host: sshHost(name) };
  if (kind !== 'qemu') throw new TargetError(`unknown target ${JSON.stringify(text)}: ${FORMS}`);
  const builtin = builtinTarget(name);
  if (builtin !== undefined) return builtin;
  if (name !== '' && targetFileExists(name)) return readTargetFile(name);
  throw new TargetError(`${JSON.stringify(name)} is neither a built-in target nor a file: ${FORMS}`);
}

/** A host that ssh cannot take for an option: `kvm-box`, `root@10.0.0.7`. */
function sshHost(host: string): string {
  if (/^[\w.:[\]%@][\w.:[\]%@-]*$/.test(host)) return host;
  throw new TargetError(
    `${JSON.stringify(host)} is not a host: write ssh:<host> or ssh:<user>@<host>, or a name from ~/.ssh/config`,
  );
}

/**
 * The target with another kernel. Modules fit one kernel only, so those of the target go with its kernel.
 *
 * @throws {TargetError} when the target boots no kernel.
 */
export function withOverrides(target: Target, { kernel, modules }: TargetOverrides): Target {
  if (kernel === undefined && modules === undefined) return target;
  if (target.kind !== 'qemu')
    throw new TargetError('--kernel and --modules need a target that boots a kernel: add --target qemu:<name>');
  const { modules: own, ...rest } = target;
  const kept = modules ?? (kernel === undefined ? own : undefined);
  return {
    ...rest,
    kernel: kernel === undefined ? target.kernel : kernelSource(kernel),
    ...(kept === undefined ? {} : { modules: kept }),
  };
}

/** The name that profiles and reports give a target; that of a file is without its directory, which says nothing elsewhere. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'local':
      return 'local';
    case 'ssh':
      return `ssh:${target.host}`;
    case 'qemu':
      return `qemu:${target.name}`;
  }
}

/** One line for people: what a target is. */
export function describeTarget(target: Target): string {
  switch (target.kind) {
    case 'local':
      return "this machine's KVM";
    case 'ssh':
      return `the KVM of ${target.host}, over ssh`;
    case 'qemu':
      return `${kernelWords(target)} in QEMU for ${target.arch}: ${machineWords(target)}`;
  }
}

function kernelWords({ kernel }: QemuTarget): string {
  if (kernel.kind === 'image') return kernel.path;
  return kernel.wanted === 'newest' ? "Debian's newest kernel" : `Debian's Linux ${kernel.wanted}`;
}

function machineWords({ arch, cpu, vcpus, memoryMiB, npt }: QemuTarget): string {
  const paging: Readonly<Record<Arch, string>> = { arm64: '', amd64: npt ? ', nested paging' : ', shadow paging' };
  const model = cpu === undefined ? '' : `, ${cpu}`;
  return `${vcpus} ${vcpus === 1 ? 'CPU' : 'CPUs'}${model}, ${memoryMiB} MiB${paging[arch]}`;
}
