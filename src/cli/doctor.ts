import type { Command } from 'commander';
import { FEATURES, FEATURES_OF, type Profile } from '../scenario/profile.js';
import { toJson } from '../report/json.js';
import { machineWords } from '../report/machine.js';
import { type Terminal, stylesOf } from '../report/terminal.js';
import { hanging } from '../report/text.js';
import { describeTarget, type Target, targetName } from '../driver/targets/target.js';
import { errorMessage } from '../util/errno.js';
import { printable } from '../util/text.js';
import { EXIT, type ExitCode } from './exit.js';
import { type Check, checkKvm, checkMachine } from './machine/checks.js';
import { checkFamilies, type FamilyCheck } from './machine/families.js';
import { thisMachine } from './machine/machine.js';
import type { Output } from './output.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

interface DoctorOptions extends TargetOptions {
  readonly json?: true;
}

interface Diagnosis {
  /** As users name it. */
  readonly target: string;
  readonly checks: readonly Check[];
  readonly profile: Profile | undefined;
  /** Families whose scenarios can execute, and those whose cannot. */
  readonly families: { readonly can: readonly string[]; readonly cannot: readonly string[] };
  /** There is a family that can. */
  readonly canFuzz: boolean;
}

export function addDoctor(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('doctor')
    .description('say what this machine can do, what is missing, and the command that mends it');
  addTargetOptions(command)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline doctor\n  $ faultline doctor --target ssh:kvm-box\n\nExit code 0: fuzz can run, with one family at least. 4: it cannot.',
    )
    .action(async ({ json, ...where }: DoctorOptions) => {
      const target = targetOf(where);
      const diagnosis = target.kind === 'local' ? await diagnose(target) : await diagnoseTarget(target, output);
      if (json === true) output.out.print(toJson('doctor', diagnosis));
      else output.out.print(...formatDiagnosis(diagnosis, output.out.terminal));
      done(diagnosis.canFuzz ? EXIT.ok : EXIT.skipped);
    });
}

async function diagnose(local: Target): Promise<Diagnosis> {
  const hasKvm = checkKvm(thisMachine).status === 'ok';
  return conclude(local, checkMachine(thisMachine), await checkFamilies(local, hasKvm));
}

/** Reaches or boots another machine, where workers probe it. What the machine lacks is in its profile. */
async function diagnoseTarget(wanted: Target, { err }: Output): Promise<Diagnosis> {
  const check = { name: targetName(wanted), needed: true, mend: undefined } as const;
  try {
    const ready = await readyTarget(wanted, (line) => {
      err.print(line);
    });
    const families = await checkFamilies(ready, true);
    const where = describeTarget(ready);
    if (families.some(({ profile }) => profile !== undefined))
      return conclude(wanted, [{ ...check, status: 'ok', detail: `${where}: its agent answers` }], families);
    return conclude(wanted, [{ ...check, status: 'missing', detail: families[0]?.check.detail ?? where }], []);
  } catch (error) {
    const detail = errorMessage(error).replace(/^skipped: /, '');
    return conclude(wanted, [{ ...check, status: 'missing', detail }], []);
  }
}

function conclude(target: Target, checks: readonly Check[], families: readonly FamilyCheck[]): Diagnosis {
  const names = (can: boolean): string[] =>
    families.filter(({ profile }) => (profile !== undefined) === can).map(({ name }) => name);
  return {
    target: targetName(target),
    checks: [...checks, ...families.map(({ check }) => check)],
    profile: families.find(({ profile }) => profile !== undefined)?.profile,
    families: { can: names(true), cannot: names(false) },
    canFuzz: names(true).length > 0,
  };
}

/** The diagnosis for people, one line for each thing. */
export function formatDiagnosis({ target, checks, profile, families }: Diagnosis, terminal: Terminal): string[] {
  const { bold, green, red, yellow } = stylesOf(terminal);
  const mark = ({ status, needed }: Check): string => {
    if (status === 'ok') return green('ok      ');
    return needed ? red('MISSING ') : yellow('missing ');
  };
  const place = target === 'local' ? 'here' : `on ${target}`;
  const lines = checks.map((check) => {
    const mend = check.mend === undefined ? '' : `; to mend it: ${bold(check.mend)}`;
    return `${mark(check)}${check.name}: ${printable(check.detail)}${mend}`;
  });
  return [
    ...lines,
    ...(profile === undefined ? [] : formatProfile(profile, terminal)),
    verdict(families, place, terminal),
  ];
}

function verdict({ can, cannot }: Diagnosis['families'], place: string, terminal: Terminal): string {
  const { green, red, yellow } = stylesOf(terminal);
  if (can.length === 0) return red(`faultline fuzz cannot run ${place} until what is MISSING is there.`);
  if (cannot.length === 0) return green(`faultline fuzz can run ${place}.`);
  const but = `with the family ${can.join(', ')}, and not with ${cannot.join(', ')} until what is MISSING is there`;
  return yellow(`faultline fuzz can run ${place} ${but}.`);
}

function formatProfile(profile: Profile, terminal: Terminal): string[] {
  const { arch, features } = profile;
  const alien = new Set<string>(FEATURES.filter((feature) => !FEATURES_OF[arch].includes(feature)));
  const list = (wanted: boolean): string =>
    Object.keys(features)
      .filter((feature) => features[feature] === wanted && !alien.has(feature))
      .join(', ') || 'none';
  return [
    ...hanging('machine: ', printable(machineWords(profile)), terminal.columns),
    ...hanging('features: ', list(true), terminal.columns),
    ...hanging('not available (such scenarios are skipped): ', list(false), terminal.columns),
  ];
}
