import { TargetError } from './error.js';

const ELF_MAGIC = 0x7f454c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const SECTION_BYTES = 64;

/** Names of modules are spelled with underscores, names of their files also with dashes. */
export function moduleName(file: string): string {
  return file
    .replace(/^.*\//, '')
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/**
 * The modules that a module needs loaded before it, as its `.modinfo` section says.
 *
 * @param image of the module, not compressed.
 * @param file named when it is refused.
 * @throws {TargetError} when it is no kernel module for a 64-bit machine.
 */
export function moduleDependencies(image: Buffer, file: string): string[] {
  const refuse = (): never => {
    throw new TargetError(`${file} is not a kernel module: give the modules of the kernel that is booted`);
  };
  const info = modinfo(image) ?? refuse();
  const depends = info.split('\0').find((entry) => entry.startsWith('depends='));
  const names = depends?.slice('depends='.length).split(',') ?? [];
  return names.filter((name) => name !== '').map(moduleName);
}

/** Text of the `.modinfo` section: entries `name=value`, each ended by a zero byte. */
function modinfo(image: Buffer): string | undefined {
  if (image.length < SECTION_BYTES || image.readUInt32BE(0) !== ELF_MAGIC) return undefined;
  if (image[4] !== CLASS_64 || image[5] !== LITTLE_ENDIAN) return undefined;
  const start = Number(image.readBigUInt64LE(0x28));
  const [size, count, names] = [image.readUInt16LE(0x3a), image.readUInt16LE(0x3c), image.readUInt16LE(0x3e)];
  if (size !== SECTION_BYTES || names >= count || start + count * size > image.length) return undefined;
  const contents = (index: number): Buffer => {
    const offset = Number(image.readBigUInt64LE(start + index * size + 0x18));
    return image.subarray(offset, offset + Number(image.readBigUInt64LE(start + index * size + 0x20)));
  };
  const strings = contents(names);
  for (let index = 0; index < count; index++) {
    const name = strings.subarray(image.readUInt32LE(start + index * size));
    if (name.subarray(0, 9).toString('latin1') === '.modinfo\0') return contents(index).toString('latin1');
  }
  return undefined;
}
