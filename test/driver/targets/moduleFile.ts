const SECTION_BYTES = 64;
const HEADER_BYTES = 64;

/** A kernel module with nothing but a `.modinfo` section. */
export function moduleFile(depends: readonly string[]): Buffer {
  const info = Buffer.from(`license=GPL\0depends=${depends.join(',')}\0vermagic=6.1.0 SMP\0`);
  const names = Buffer.from('\0.modinfo\0.shstrtab\0');
  const sectionsAt = HEADER_BYTES + info.length + names.length;
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeBigUInt64LE(BigInt(sectionsAt), 0x28);
  header.writeUInt16LE(SECTION_BYTES, 0x3a);
  header.writeUInt16LE(3, 0x3c);
  header.writeUInt16LE(2, 0x3e);
  const section = (name: number, at: number, size: number): Buffer => {
    const bytes = Buffer.alloc(SECTION_BYTES);
    bytes.writeUInt32LE(name);
    bytes.writeBigUInt64LE(BigInt(at), 0x18);
    bytes.writeBigUInt64LE(BigInt(size), 0x20);
    return bytes;
  };
  return Buffer.concat([
    header,
    info,
    names,
    section(0, 0, 0),
    section(1, HEADER_BYTES, info.length),
    section(10, HEADER_BYTES + info.length, names.length),
  ]);
}
