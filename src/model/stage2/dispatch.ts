/** The steps whose meaning is the architecture's. */
import type { Stage2Profile } from '../../scenario/profile.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';
import type { Access, Pte } from '../../scenario/stage2/steps.js';
import type { Outcome } from '../expectation.js';
import { stepAccess as armAccess } from './arm64/access.js';
import { stepPte as armPte } from './arm64/pte.js';
import type { ArmRun } from './arm64/run.js';
import type { Docket } from './rules/index.js';
import { Machine } from './state.js';
import { stepAccess as x86Access } from './x86/access.js';
import { stepPte as x86Pte } from './x86/pte.js';
import type { X86Run } from './x86/run.js';

export type ArchRun = X86Run | ArmRun;

/** A run at the start of a scenario; undefined: the scenario is of another architecture than the machine. */
export function startRun(scenario: Stage2Scenario, profile: Stage2Profile, docket: Docket): ArchRun | undefined {
  const { arch, config } = scenario;
  const machine = new Machine(config);
  const user = config.privilege === 'user';
  // Literals without spreading: a spread makes every prediction half as slow again.
  if (arch === 'x86_64' && profile.arch === 'x86_64') {
    const native = user || profile.kernelRunsNatively;
    return { arch, machine, profile, docket, native, user, events: [], openRule: undefined, pending: [] };
  }
  if (arch === 'aarch64' && profile.arch === 'aarch64') {
    const native = true;
    return { arch, machine, config, profile, docket, native, user, events: [], openRule: undefined, pending: [] };
  }
  return undefined;
}

/** Interprets an `access` step. Returns the ways that it may go, if there are several. */
export function stepAccess(run: ArchRun, step: Access): readonly Outcome[] | undefined {
  if (run.arch === 'aarch64') return armAccess(run, step);
  x86Access(run, step);
  return undefined;
}

/** Interprets a `pte` step. */
export function stepPte(run: ArchRun, step: Pte): void {
  if (run.arch === 'x86_64') x86Pte(run, step);
  else armPte(run, step);
}
