import { gzipSync } from 'node:zlib';
import { CHARACTER_DEVICE, cpio, DIRECTORY, EXECUTABLE, FILE, type CpioEntry } from './cpio.js';
import type { LoadableModule } from './modules.js';

/** What the guest starts with. */
export interface InitramfsParts {
  /** A static executable for the guest: it becomes `/init`. */
  readonly init: Uint8Array;
  /** In the order in which `/init` has to load them. */
  readonly modules: readonly LoadableModule[];
  /** Further files. */
  readonly files?: readonly CpioEntry[];
}

/** `/modules.list` has a line for each module: its file in `/modules`, and its parameters. */
export function moduleList(modules: readonly LoadableModule[]): string {
  return modules.map((module, index) => `${`${fileName(module, index)} ${module.parameters}`.trim()}\n`).join('');
}

/**
 * The initial file system of a guest. The same parts are the same bytes.
 *
 * @param compression takes longer to unpack under emulation than it saves, so there is none unless asked for.
 */
export function buildInitramfs(
  { init, modules, files = [] }: InitramfsParts,
  compression: 'none' | 'gzip' = 'none',
): Buffer {
  const archive = cpio([
    ...['dev', 'proc', 'sys', 'tmp', 'modules'].map((name) => ({ name, mode: DIRECTORY })),
    // The kernel opens it as standard output of /init, before anything is mounted.
    { name: 'dev/console', mode: CHARACTER_DEVICE, device: [5, 1] },
    { name: 'init', mode: EXECUTABLE, contents: init },
    { name: 'modules.list', mode: FILE, contents: Buffer.from(moduleList(modules)) },
    ...modules.map((module, index) => ({
      name: `modules/${fileName(module, index)}`,
      mode: FILE,
      contents: module.image,
    })),
    ...files,
  ]);
  return compression === 'gzip' ? gzipSync(archive) : archive;
}

function fileName({ file }: LoadableModule, index: number): string {
  return `${index.toString().padStart(2, '0')}-${file}.ko`;
}
