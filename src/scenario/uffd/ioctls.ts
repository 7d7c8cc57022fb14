/** The ioctls of a userfaultfd that take a range, as include/uapi/linux/userfaultfd.h numbers them and their modes. */

interface IoctlInfo {
  /** Number of the ioctl, which is its bit in the masks that the kernel returns. */
  readonly number: number;
  /** Bits of the mode by name. */
  readonly modes: Readonly<Record<string, number>>;
}

export const IOCTLS = {
  register: { number: 0x00, modes: { missing: 1, wp: 2, minor: 4 } },
  unregister: { number: 0x01, modes: {} },
  wake: { number: 0x02, modes: {} },
  copy: { number: 0x03, modes: { dontwake: 1, wp: 2 } },
  zeropage: { number: 0x04, modes: { dontwake: 1 } },
  move: { number: 0x05, modes: { dontwake: 1, allow_src_holes: 2 } },
  writeprotect: { number: 0x06, modes: { wp: 1, dontwake: 2 } },
  continue: { number: 0x07, modes: { dontwake: 1, wp: 2 } },
  poison: { number: 0x08, modes: { dontwake: 1 } },
} as const satisfies Record<string, IoctlInfo>;

export type IoctlName = keyof typeof IOCTLS;
export const IOCTL_NAMES = Object.keys(IOCTLS) as [IoctlName, ...IoctlName[]];

/** Number of UFFDIO_API. */
export const API_NUMBER = 0x3f;

/** A mode bit that no kernel defines. */
export const BOGUS_MODE = 1 << 20;
export const MODE_NAMES = ['missing', 'wp', 'minor', 'dontwake', 'allow_src_holes', 'bogus'] as const;
export type ModeName = (typeof MODE_NAMES)[number];

/** The bit of a mode, undefined where the ioctl has no such mode. */
export function modeBit(ioctl: IoctlName, mode: ModeName): number | undefined {
  const { modes }: IoctlInfo = IOCTLS[ioctl];
  if (Object.keys(modes).length === 0) return undefined;
  return mode === 'bogus' ? BOGUS_MODE : modes[mode];
}

/** The mode field of an ioctl. */
export function modeBits(ioctl: IoctlName, modes: readonly ModeName[]): number {
  return modes.reduce((bits, mode) => bits | (modeBit(ioctl, mode) ?? 0), 0);
}
