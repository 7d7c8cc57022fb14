import type { UffdConfig, UffdIoctl, UffdRange, UffdStep } from '../../scenario/uffd.js';
import { type IoctlName, modeBit, type ModeName } from '../../scenario/uffd/ioctls.js';
import { UFFD_THREADS, UFFD_WRITERS, WORDS } from '../../scenario/uffd/layout.js';
import { MEMORY } from '../../scenario/uffd/memory.js';
import { FLAWS } from '../../scenario/uffd/steps.js';
import { bag, type Dice } from '../stage2/dice.js';

/** A scenario in the making. */
export interface UffdDraft {
  readonly dice: Dice;
  readonly config: UffdConfig;
  readonly steps: UffdStep[];
  /** There is a child now and then. */
  readonly forks: boolean;
  /** The page that most steps are about, so that they meet. */
  readonly hot: number;
}

const FLAWED = FLAWS.filter((flaw) => flaw !== 'none' && !flaw.startsWith('small')) as [
  UffdRange['flaw'],
  ...UffdRange['flaw'][],
];
const VALUES = bag<`0x${string}`>(['0x1', 3], ['0x0', 1], ['0x1122334455667788', 2], ['0xffffffffffffffff', 1]);

export function pickPage({ dice, config, hot }: UffdDraft): number {
  return dice.percent(65) ? hot : dice.below(config.content.length);
}

/** A range: mostly the page alone or everything, sometimes something between, rarely one that is wrong. */
export function pickRange(draft: UffdDraft, page = pickPage(draft), flawPercent = 4): UffdRange {
  const { dice, config } = draft;
  const all = config.content.length;
  const flaw = dice.percent(flawPercent) ? dice.pick(FLAWED) : 'none';
  if (dice.percent(55)) return { page, pages: 1, flaw };
  if (dice.percent(50)) return { page: 0, pages: all, flaw };
  const first = dice.below(all);
  return { page: first, pages: dice.between(1, all - first), flaw };
}

export function addAccess(
  draft: UffdDraft,
  page = pickPage(draft),
  op: 'read' | 'write' = draft.dice.pick(['read', 'write']),
): void {
  const { dice, config, steps } = draft;
  const thread = dice.percent(60) ? 0 : dice.below(UFFD_THREADS);
  const near = dice.percent(70);
  const slot = UFFD_WRITERS * dice.below(near ? 2 : Math.floor(WORDS / UFFD_WRITERS));
  const value = op === 'read' ? '0x0' : dice.pick(VALUES);
  const access = { kind: 'access', thread, op, page, word: slot + thread, value } as const;
  steps.push(dice.percent(config.open === 'user_mode_only' ? 50 : 8) ? { ...access, by: 'kernel' } : access);
}

export function ioctl(name: IoctlName, range: UffdRange, mode: readonly ModeName[] = [], source = 0): UffdIoctl {
  return { kind: 'ioctl', ioctl: name, range, mode: [...mode], source };
}

/** The modes of a registration that the memory and the machine allow, mostly. */
export function registerModes({ dice, config }: UffdDraft): ModeName[] {
  const minor = MEMORY[config.memory].file;
  const modes: ModeName[] = (['missing', 'wp'] as const).filter(() => dice.percent(60));
  if (dice.percent(minor ? 50 : 2)) modes.push('minor');
  if (modes.length === 0) return dice.percent(90) ? ['missing'] : [];
  return modes;
}

/** Mode bits of a call: each of those that it has, now and then, and rarely one that nobody has. */
export function pickModes(
  { dice }: UffdDraft,
  name: IoctlName,
  likely: Readonly<Partial<Record<ModeName, number>>>,
): ModeName[] {
  const modes = (Object.entries(likely) as [ModeName, number][])
    .filter(([mode, percent]) => modeBit(name, mode) !== undefined && dice.percent(percent))
    .map(([mode]) => mode);
  if (modeBit(name, 'bogus') !== undefined && dice.percent(1)) modes.push('bogus');
  return modes;
}
