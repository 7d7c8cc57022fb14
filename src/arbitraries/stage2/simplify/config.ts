import { GRANULES } from '../../../scenario/stage2/arch.js';
import type {
  ArmConfig,
  DataRegion,
  MissingAnswer,
  PtRegion,
  SlotFlags,
  Stage2Config,
  Uffd,
  X86Config,
} from '../../../scenario/stage2.js';

/** Fewer flags. */
export function* simplerFlags(flags: SlotFlags): Generator<SlotFlags> {
  if (flags.log) yield { ...flags, log: false };
  if (flags.readonly) yield { ...flags, readonly: false };
}

function* simplerAnswers(answers: readonly MissingAnswer[]): Generator<MissingAnswer[]> {
  yield ['copy'];
  if (answers.length > 1) {
    for (const answer of new Set(answers)) yield [answer];
    yield answers.slice(0, -1);
  }
  for (const [i, answer] of answers.entries()) if (answer !== 'copy') yield answers.with(i, 'copy');
}

/** A registration with fewer modes and a plainer script. */
export function* simplerUffd(uffd: Uffd): Generator<Uffd> {
  const missingOff = { missing: false, missingAnswers: ['copy'] as MissingAnswer[] };
  const wpOff = { wp: false, wpAnswer: 'unprotect' } as const;
  const minorOff = { minor: false, minorAnswer: 'continue' } as const;
  const noCopyWp = uffd.missingAnswers.map((answer) => (answer === 'copy_wp' ? 'copy' : answer));
  yield { missing: true, ...wpOff, ...minorOff, missingAnswers: ['copy'], delayUs: 0 };
  if (uffd.wp) yield { ...uffd, ...wpOff, missingAnswers: noCopyWp };
  if (uffd.minor) yield { ...uffd, ...minorOff };
  if (uffd.missing) yield { ...uffd, ...missingOff };
  if (uffd.missing) for (const missingAnswers of simplerAnswers(uffd.missingAnswers)) yield { ...uffd, missingAnswers };
  if (uffd.minorAnswer !== 'continue') yield { ...uffd, minorAnswer: 'continue' };
  if (uffd.wpAnswer !== 'unprotect') yield { ...uffd, wpAnswer: 'unprotect' };
  if (uffd.delayUs > 0) yield { ...uffd, delayUs: 0 };
}

/** Anonymous memory has no minor faults, so a registration for them goes along. */
function onAnon<T extends PtRegion>(region: T): T {
  const { uffd } = region;
  if (uffd?.minor !== true) return { ...region, backing: 'anon' };
  const minorOff = { ...uffd, minor: false, minorAnswer: 'continue' } as const;
  return { ...region, backing: 'anon', uffd: uffd.missing || uffd.wp ? minorOff : null };
}

function* simplerRegions<T extends PtRegion>(region: T): Generator<T> {
  if (region.uffd !== null) yield { ...region, uffd: null };
  for (const flags of simplerFlags(region.flags)) yield { ...region, flags };
  if (region.backing !== 'anon') yield onAnon(region);
  if (region.backing === 'hugetlb_shared') yield { ...region, backing: 'memfd' };
  if (region.backing === 'memfd') yield { ...region, backing: 'shmem' };
  if (region.uffd !== null) for (const uffd of simplerUffd(region.uffd)) yield { ...region, uffd };
}

function* simplerDataRegions(region: DataRegion): Generator<DataRegion> {
  yield* simplerRegions(region);
  if (region.offsetPages > 0) yield { ...region, offsetPages: 0 };
}

function* simplerNone(none: Stage2Config['none']): Generator<Stage2Config['none']> {
  if (none.reads.length > 1 || none.reads[0] !== '0x0') yield { ...none, reads: ['0x0'] };
  for (const read of none.reads.length > 1 ? none.reads : []) yield { ...none, reads: [read] };
  if (none.reads.length > 1) yield { ...none, reads: none.reads.slice(0, -1) };
  for (const [i, read] of none.reads.entries()) {
    for (const value of ['0x0', '0x1']) if (value !== read) yield { ...none, reads: none.reads.with(i, value) };
  }
}

/** Initial bits that leave a walk nothing to do. */
const X86_PLAIN: X86Config['initial'] = { pteA: true, pdeA: true, pdpteA: true, pteD: true };
const ARM_PLAIN: ArmConfig['initial'] = { af: true, dbm: false, writable: true };

function* simplerInitial<T extends Record<string, boolean>>(initial: T, plain: T): Generator<T> {
  yield plain;
  for (const [bit, value] of Object.entries(plain)) if (initial[bit] !== value) yield { ...initial, [bit]: value };
}

function* simplerArm(config: ArmConfig): Generator<ArmConfig> {
  for (const granule of GRANULES.slice(0, GRANULES.indexOf(config.granule))) yield { ...config, granule };
  if (config.hd) yield { ...config, hd: false };
  if (!config.ha) yield { ...config, ha: true };
  for (const initial of simplerInitial(config.initial, ARM_PLAIN)) yield { ...config, initial };
}

function* simplerX86(config: X86Config): Generator<X86Config> {
  for (const initial of simplerInitial(config.initial, X86_PLAIN)) yield { ...config, initial };
}

/** Configurations to try instead of one. Not all of them fit the steps or are simpler; the caller sees to both. */
export function* simplerConfigs(config: Stage2Config): Generator<Stage2Config> {
  if (config.data2 !== null) {
    yield { ...config, data2: null };
    yield { ...config, data: config.data2, data2: null };
  }
  if (config.vcpus === 2) yield { ...config, vcpus: 1 };
  if (config.privilege === 'user') yield { ...config, privilege: 'kernel' };
  if (config.dirtyTracking !== 'bitmap') yield { ...config, dirtyTracking: 'bitmap' };
  if (config.dirtyTracking === 'bitmap_manual_init_set') yield { ...config, dirtyTracking: 'bitmap_manual' };
  for (const pt of simplerRegions(config.pt)) yield { ...config, pt };
  for (const data of simplerDataRegions(config.data)) yield { ...config, data };
  if (config.data2 !== null) for (const data2 of simplerDataRegions(config.data2)) yield { ...config, data2 };
  yield* 'granule' in config ? simplerArm(config) : simplerX86(config);
  for (const none of simplerNone(config.none)) yield { ...config, none };
}
