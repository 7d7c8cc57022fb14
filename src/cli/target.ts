import { type Command, Option } from 'commander';
import { BootError, TargetError } from '../driver/targets/error.js';
import { parseTarget, targetName, type Target, type TargetOverrides, withOverrides } from '../driver/targets/target.js';
import { prepareTarget } from '../driver/remote/openTarget.js';
import { printable } from '../util/text.js';
import { Executor } from './executor.js';
import { CommandError, EXIT, HarnessError } from './exit.js';
import { familyNamed } from './families.js';
import { needKvm } from './need-kvm.js';

export interface TargetOptions extends TargetOverrides {
  readonly target: string;
}

/**
 * Adds the options that say where scenarios execute.
 *
 * @param targets how many may be named: none is this machine, unless the target is optional.
 */
export function addTargetOptions(command: Command, targets: 'one' | 'several' | 'optional' = 'one'): Command {
  const where = `where scenarios execute: local, ssh:<host>, or qemu:<name or file>, a kernel booted in QEMU${targets === 'several' ? '; several with commas' : ''}`;
  return command
    .addOption(new Option('--target <target>', where).default(targets === 'optional' ? undefined : 'local'))
    .option('--kernel <kernel>', 'of a qemu target: an image, or a kernel of Debian such as 6.12 or newest')
    .option('--modules <dir>', "of a qemu target: directory with the kernel's modules");
}

/**
 * The target that the user means.
 *
 * @throws {CommandError} when there is none.
 */
export function targetOf({ target, kernel, modules }: TargetOptions): Target {
  try {
    return withOverrides(parseTarget(target), { kernel, modules });
  } catch (error) {
    if (error instanceof TargetError) throw new CommandError(EXIT.usage, error.message);
    throw error;
  }
}

/**
 * The targets that the user means, with commas between their names.
 *
 * @throws {CommandError} when one of them is none, or is named twice.
 */
export function targetsOf({ target: names, ...overrides }: TargetOptions): readonly Target[] {
  const parts = names.split(',');
  const [twice] = parts.filter((name, index) => parts.indexOf(name) !== index);
  if (twice !== undefined) throw new CommandError(EXIT.usage, `the target ${printable(twice)} is named twice`);
  return parts.map((target) => targetOf({ target, ...overrides }));
}

/**
 * {@link readyTarget} for several targets. One that lacks something is left out and told.
 *
 * @throws {CommandError} when none is left.
 * @throws {HarnessError} when a kernel does not boot.
 */
export async function readyTargets(
  targets: readonly Target[],
  say: (line: string) => void,
  kvm: boolean,
): Promise<readonly Target[]> {
  const ready: Target[] = [];
  let problem: CommandError | undefined;
  for (const target of targets) {
    try {
      ready.push(await readyTarget(target, say, kvm));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      problem ??= error;
      if (targets.length > 1) say(`${targetName(target)}: ${error.message}`);
    }
  }
  if (ready.length === 0 && problem !== undefined) throw problem;
  return ready;
}

/**
 * Gets ready what the target needs on this machine, and ends the command as skipped where something is missing. What is missing
 * on another machine shows when the first worker gets there.
 *
 * @param say told before something that takes time.
 * @param kvm whether what is to be executed needs /dev/kvm.
 * @throws {CommandError}
 * @throws {HarnessError} when a kernel does not boot.
 */
export async function readyTarget(target: Target, say: (line: string) => void, kvm = true): Promise<Target> {
  if (target.kind === 'local') {
    if (kvm) needKvm();
    return target;
  }
  try {
    return await prepareTarget(target, say);
  } catch (error) {
    if (error instanceof TargetError) throw new CommandError(EXIT.skipped, `skipped: ${error.message}`);
    if (error instanceof BootError) throw new HarnessError(error.message);
    throw error;
  }
}

/**
 * An executor on a target as the user writes it.
 *
 * @throws {CommandError} when it is none, or something is missing.
 */
export async function openTarget(
  family: string,
  target: string,
  overrides: TargetOverrides = {},
  say: (line: string) => void = () => undefined,
): Promise<Executor> {
  const { needsKvm } = await familyNamed(family);
  return Executor.open(family, await readyTarget(targetOf({ target, ...overrides }), say, needsKvm));
}
