/** A file, directory or device of an archive. */
export interface CpioEntry {
  /** Path without a leading slash. */
  readonly name: string;
  /** Type and permissions, as in `st_mode`. */
  readonly mode: number;
  readonly contents?: Uint8Array;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
}

export const DIRECTORY = 0o040755;
export const EXECUTABLE = 0o100755;
export const FILE = 0o100644;
export const CHARACTER_DEVICE = 0o020600;

const ALIGNMENT = 4;
const TRAILER: CpioEntry = { name: 'TRAILER!!!', mode: 0 };

/**
 * An archive in the format that the kernel takes as initramfs (`newc`). Owner is root, times are zero and inodes count up, so
 * that the same entries are the same bytes.
 */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts = [...entries, TRAILER].flatMap((entry, index) => {
    const contents = entry.contents ?? new Uint8Array();
    return [padded(header(entry, entry === TRAILER ? 0 : index + 1, contents.length)), padded(contents)];
  });
  return Buffer.concat(parts);
}

/** See Documentation/driver-api/early-userspace/buffer-format.rst. */
function header(entry: CpioEntry, inode: number, size: number): Buffer {
  const name = Buffer.from(`${entry.name}\0`);
  const [major, minor] = entry.device ?? [0, 0];
  const links = (entry.mode & 0o170000) === 0o040000 ? 2 : 1;
  const fields = [inode, entry.mode, 0, 0, links, 0, size, 0, 0, major, minor, name.length, 0];
  const hex = fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0'));
  return Buffer.concat([Buffer.from(`070701${hex.join('')}`), name]);
}

function padded(bytes: Uint8Array): Uint8Array {
  const missing = -bytes.length & (ALIGNMENT - 1);
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
