import { placeFiles, planBoot, type BootOptions } from './bootPlan.js';
import { qemuArguments } from './qemuArguments.js';
import type { QemuTarget } from './qemuTarget.js';
import { restore } from './snapshot.js';
import { startVm, type Vm } from './vm.js';

export type { BootOptions } from './bootPlan.js';
export { BOOT_TIMEOUT_MS, waitForAgent, type Vm, type VmExit } from './vm.js';

/**
 * Starts a guest, from its snapshot where there is one. It ends with this process, however that ends, where util-linux has
 * setpriv.
 *
 * Returns when QEMU is running; without a snapshot, that is long before the agent is: {@link waitForAgent}.
 *
 * @throws {TargetError} when something that it needs is missing or does not fit.
 */
export async function bootVm(target: QemuTarget, options: BootOptions): Promise<Vm> {
  const plan = await planBoot(target, options);
  const restored = await restore(plan, options);
  if (restored !== undefined) return restored;
  const { files, log, temporary } = placeFiles(plan, options.directory);
  const args = qemuArguments(target, plan.cpu, files);
  return startVm({ target, program: plan.program, args, consolePath: files.console, logPath: log, temporary });
}
