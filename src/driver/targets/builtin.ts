import { ARCHES, type Arch } from './arch.js';
import { DEFAULT_MEMORY_MIB, type QemuTarget } from './qemuTarget.js';

/** What the name of an architecture alone stands for: the kernel of Debian's stable release. */
const DEFAULT_KERNEL = '6.12';
const KERNELS = ['6.1', '6.12', 'newest'] as const;
const SHADOW = '-nonpt';

/** Names of the targets that need no file. */
export const BUILTIN_NAMES: readonly string[] = ARCHES.flatMap((arch) => {
  const names = [arch, ...KERNELS.map((kernel) => `${arch}-${kernel}`)];
  return arch === 'amd64' ? [...names, ...names.map((name) => name + SHADOW)] : names;
});

/** The target of a built-in name, or undefined. */
export function builtinTarget(name: string): QemuTarget | undefined {
  if (!BUILTIN_NAMES.includes(name)) return undefined;
  const [archName, kernel] = name.replace(SHADOW, '').split('-');
  const arch: Arch = archName === 'arm64' ? 'arm64' : 'amd64';
  return {
    kind: 'qemu',
    name,
    arch,
    kernel: { kind: 'debian', wanted: kernel ?? DEFAULT_KERNEL },
    memoryMiB: DEFAULT_MEMORY_MIB,
    vcpus: 1,
    npt: !name.endsWith(SHADOW),
    append: '',
    qemuArguments: [],
  };
}
