import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Arch } from './arch.js';

/** Where the kernel of a guest comes from: a file, or Debian. */
export type KernelSource =
  | { readonly kind: 'image'; readonly path: string }
  /** A release, a series such as `6.12`, or `newest`. */
  | { readonly kind: 'debian'; readonly wanted: string };

/** A kernel booted in QEMU, with its own KVM inside. */
export interface QemuTarget {
  readonly kind: 'qemu';
  readonly name: string;
  readonly arch: Arch;
  readonly kernel: KernelSource;
  /** Directory with the modules of an image; Debian's kernels bring theirs. Without it, everything is built in. */
  readonly modules?: string;
  /** As QEMU's `-cpu` takes it; without it, a model that has what KVM can use. */
  readonly cpu?: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** amd64: nested paging, or else shadow paging. */
  readonly npt: boolean;
  /** Added to the kernel's command line. */
  readonly append: string;
  /** Added to QEMU's arguments. */
  readonly qemuArguments: readonly string[];
}

export const DEFAULT_MEMORY_MIB = 1024;

/**
 * What the user means by a kernel: something with a slash, or the name of a file, is an image; anything else Debian's.
 *
 * @param directory that paths are relative to.
 */
export function kernelSource(text: string, directory = '.'): KernelSource {
  const path = resolve(directory, text);
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return text.includes('/') || isFile ? { kind: 'image', path } : { kind: 'debian', wanted: text };
}
