import type { UffdProfile } from '../../scenario/uffd/profile.js';
import { R, UFFD_RULES, type BookRule } from './rules/index.js';

const hasWp = ({ features }: UffdProfile): boolean => features.pagefault_flag_wp;
const hasMinor = ({ features }: UffdProfile): boolean => features.minor_shmem;

const hasForkEvents = ({ features }: UffdProfile): boolean => features.event_fork;
const hasMove = ({ features }: UffdProfile): boolean => features.move;

const hasRemove = ({ features }: UffdProfile): boolean => features.event_remove;

/** Rules that need something of the machine, and the test for it. Rules not listed hold everywhere. */
const CONDITIONS: ReadonlyMap<BookRule, (profile: UffdProfile) => boolean> = new Map([
  ...Object.values(R.wp).map((rule) => [rule, hasWp] as const),
  [R.fault.wp, hasWp],
  [R.fault.minor, hasMinor],
  [R.fault.async, ({ features }) => features.wp_async],
  [R.fault.exact, ({ features }) => features.exact_address],
  [R.fault.sigbus, ({ features }) => features.sigbus],
  [R.fault.poisoned, ({ features }) => features.poison],
  [R.fault.memoryError, ({ features }) => features.poison],
  [R.fault.around, ({ features }) => features.missing_shmem],
  [R.range.registerKeepsWp, (profile) => hasWp(profile) && !profile.dropsWp],
  [R.range.droppedWp, (profile) => hasWp(profile) && profile.dropsWp],
  [R.range.unregisterUnprotects, hasWp],
  [R.wp.oneMapping, (profile) => hasWp(profile) && !profile.wpSpansMappings],
  [R.range.unregisterWakesWp, (profile) => hasWp(profile) && !profile.unregisterWakesAll],
  [R.content.open, (profile) => hasWp(profile) && profile.dropsWp],
  [R.fill.copyWp, hasWp],
  [R.fill.copyMarker, hasWp],
  [R.fill.zeroMarker, hasWp],
  [R.argument.moveUnmapped, hasMove],
  [R.argument.huge, ({ features }) => features.hugePages],
  [R.argument.wakeBytes, ({ features }) => features.hugePages],
  [R.fill.seams, ({ features }) => features.hugePages],
  [R.fill.zeroHugetlb, ({ features }) => features.hugePages],
  [R.fill.continueContent, hasMinor],
  [R.fill.continueExists, hasMinor],
  [R.fill.continueNothing, hasMinor],
  ...[R.fill.moveContent, R.fill.moveExists, R.fill.moveHole, R.fill.moveUnfit, R.fill.moveNowhere].map(
    (rule) => [rule, hasMove] as const,
  ),
  [R.fill.moveMark, (profile) => hasMove(profile) && hasWp(profile)],
  ...[R.fork.event, R.fork.inherits, R.child.gone, R.child.goneRegister, R.child.ends].map(
    (rule) => [rule, hasForkEvents] as const,
  ),
  [R.fork.keepsWp, (profile) => hasForkEvents(profile) && hasWp(profile)],
  [R.fork.dropsWp, hasWp],
  [R.fork.poison, ({ features }) => features.poison],
  [R.fork.moveBusy, hasMove],
  [R.child.moveAcross, (profile) => hasForkEvents(profile) && hasMove(profile)],
  [R.fill.poisonWorks, ({ features }) => features.poison],
  [R.fill.poisonExists, ({ features }) => features.poison],
  ...Object.values(R.event).map((rule) => [rule, hasRemove] as const),
  [R.advise.dontneedWp, hasWp],
  [R.advise.removePoison, ({ features }) => features.poison],
  [R.advise.freePoison, ({ features }) => features.poison],
  [R.advise.pageoutRefused, ({ features }) => features.hugePages],
  [R.fill.unknownIoctl, ({ features }) => !features.poison || !features.move],
]);

/** Ids of the rules that a machine with this profile can exercise. */
export function applicableUffdRules(profile: UffdProfile): readonly string[] {
  return UFFD_RULES.filter((rule) => CONDITIONS.get(rule)?.(profile) ?? true).map(({ id }) => id);
}
