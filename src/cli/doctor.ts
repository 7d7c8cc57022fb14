import type { Command } from 'commander';
import { FEATURES_OF, type Profile } from '../scenario/profile.js';
import { toJson } from '../report/json.js';
import { machineWords } from '../report/machine.js';
import { type Terminal, stylesOf } from '../report/terminal.js';
import { hanging } from '../report/text.js';
import { describeTarget, type Target, targetName } from '../driver/targets/target.js';
import { errorMessage } from '../util/errno.js';
import { printable } from '../util/text.js';
import { Executor } from './executor.js';
import { EXIT, type ExitCode } from './exit.js';
import { allFamilies } from './families.js';
import { type Check, checkMachine } from './machine/checks.js';
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
      '\nExamples:\n  $ faultline doctor\n  $ faultline doctor --target ssh:kvm-box\n\nExit code 0: fuzz can run. 4: it cannot.',
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
  const target = targetName(local);
  const checks = checkMachine(thisMachine);
  const blocked = checks.some(({ needed, status }) => needed && status === 'missing');
  if (blocked) return { target, checks, profile: undefined, canFuzz: false };
  const { check, profile } = await checkDriver(local);
  return { target, checks: [...checks, check], profile, canFuzz: profile !== undefined };
}

/** Starts a worker, which loads the native driver and probes KVM. */
async function checkDriver(local: Target): Promise<{ check: Check; profile: Profile | undefined }> {
  const [family = ''] = (await allFamilies()).keys();
  const check = { name: 'native driver', needed: true } as const;
  try {
    const executor = await Executor.open(family, local);
    await executor.close();
    const detail = 'starts in a worker process, and KVM answers its probes';
    return { check: { ...check, status: 'ok', detail, mend: undefined }, profile: executor.ready.profile };
  } catch (error) {
    const detail = `does not start: ${errorMessage(error)}`;
    return { check: { ...check, status: 'missing', detail, mend: 'make -C native clean all' }, profile: undefined };
  }
}

/** Reaches or boots another machine, where a worker probes its KVM. What the machine lacks is in its profile. */
async function diagnoseTarget(wanted: Target, { err }: Output): Promise<Diagnosis> {
  const target = targetName(wanted);
  const [family = ''] = (await allFamilies()).keys();
  const check = { name: target, needed: true, mend: undefined } as const;
  try {
    const ready = await readyTarget(wanted, (line) => {
      err.print(line);
    });
    const executor = await Executor.open(family, ready);
    await executor.close();
    const detail = `${describeTarget(ready)}: its agent answers, and KVM answers the probes`;
    return { target, checks: [{ ...check, status: 'ok', detail }], profile: executor.ready.profile, canFuzz: true };
  } catch (error) {
    const detail = errorMessage(error).replace(/^skipped: /, '');
    return { target, checks: [{ ...check, status: 'missing', detail }], profile: undefined, canFuzz: false };
  }
}

/** The diagnosis for people, one line for each thing. */
export function formatDiagnosis({ target, checks, profile, canFuzz }: Diagnosis, terminal: Terminal): string[] {
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
    canFuzz
      ? green(`faultline fuzz can run ${place}.`)
      : red(`faultline fuzz cannot run ${place} until what is MISSING is there.`),
  ];
}

function formatProfile(profile: Profile, terminal: Terminal): string[] {
  const { arch, features } = profile;
  const list = (wanted: boolean): string =>
    FEATURES_OF[arch].filter((feature) => features[feature] === wanted).join(', ') || 'none';
  return [
    ...hanging('machine: ', printable(machineWords(profile)), terminal.columns),
    ...hanging('features: ', list(true), terminal.columns),
    ...hanging('not available (such scenarios are skipped): ', list(false), terminal.columns),
  ];
}
