import type { Command } from 'commander';
import { FEATURES_OF, type Profile } from '../scenario/profile.js';
import { toJson } from '../report/json.js';
import { machineWords } from '../report/machine.js';
import { type Terminal, stylesOf } from '../report/terminal.js';
import { hanging } from '../report/text.js';
import { errorMessage } from '../util/errno.js';
import { printable } from '../util/text.js';
import { Executor } from './executor.js';
import { EXIT, type ExitCode } from './exit.js';
import { allFamilies } from './families.js';
import { type Check, checkMachine } from './machine/checks.js';
import { thisMachine } from './machine/machine.js';
import type { Output } from './output.js';

interface Diagnosis {
  readonly checks: readonly Check[];
  readonly profile: Profile | undefined;
  readonly canFuzz: boolean;
}

export function addDoctor(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('doctor')
    .description('say what this machine can do, what is missing, and the command that mends it')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ faultline doctor\n\nExit code 0: fuzz can run. 4: it cannot.')
    .action(async ({ json }: { json?: true }) => {
      const diagnosis = await diagnose();
      if (json === true) output.out.print(toJson('doctor', diagnosis));
      else output.out.print(...formatDiagnosis(diagnosis, output.out.terminal));
      done(diagnosis.canFuzz ? EXIT.ok : EXIT.skipped);
    });
}

async function diagnose(): Promise<Diagnosis> {
  const checks = checkMachine(thisMachine);
  const blocked = checks.some(({ needed, status }) => needed && status === 'missing');
  if (blocked) return { checks, profile: undefined, canFuzz: false };
  const { check, profile } = await checkDriver();
  return { checks: [...checks, check], profile, canFuzz: profile !== undefined };
}

/** Starts a worker, which loads the native driver and probes KVM. */
async function checkDriver(): Promise<{ check: Check; profile: Profile | undefined }> {
  const [family = ''] = (await allFamilies()).keys();
  const check = { name: 'native driver', needed: true } as const;
  try {
    const executor = await Executor.open(family);
    await executor.close();
    const detail = 'starts in a worker process, and KVM answers its probes';
    return { check: { ...check, status: 'ok', detail, mend: undefined }, profile: executor.ready.profile };
  } catch (error) {
    const detail = `does not start: ${errorMessage(error)}`;
    return { check: { ...check, status: 'missing', detail, mend: 'make -C native clean all' }, profile: undefined };
  }
}

/** The diagnosis for people, one line for each thing. */
export function formatDiagnosis({ checks, profile, canFuzz }: Diagnosis, terminal: Terminal): string[] {
  const { bold, green, red, yellow } = stylesOf(terminal);
  const mark = ({ status, needed }: Check): string => {
    if (status === 'ok') return green('ok      ');
    return needed ? red('MISSING ') : yellow('missing ');
  };
  const lines = checks.map((check) => {
    const mend = check.mend === undefined ? '' : `; to mend it: ${bold(check.mend)}`;
    return `${mark(check)}${check.name}: ${printable(check.detail)}${mend}`;
  });
  return [
    ...lines,
    ...(profile === undefined ? [] : formatProfile(profile, terminal)),
    canFuzz
      ? green('faultline fuzz can run here.')
      : red('faultline fuzz cannot run here until what is MISSING is there.'),
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
