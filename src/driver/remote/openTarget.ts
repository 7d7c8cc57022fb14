import { type Driver, openDriver } from '../library.js';
import type { KernelSource, QemuTarget } from '../targets/qemuTarget.js';
import { type Target, targetName } from '../targets/target.js';
import type { AgentPipes } from './stream.js';

export interface OpenOptions {
  /** Gets the console's log and other files of a machine that is booted or reached for this driver alone. */
  readonly directory: string;
  /** An agent may be silent for this long beyond the deadlines of what it executes. */
  readonly marginMs: number;
}

/** Name of the file in a driver's directory with the last words of its machine. */
export const CONSOLE_FILE = 'console.log';

/**
 * Gets ready what every driver of a target needs: the agent is built, the kernel is fetched, and the guest is booted once.
 *
 * @param say told before something that takes time.
 * @returns the target with what was chosen for it, so that all drivers of a campaign get the same.
 * @throws {TargetError} when something is missing.
 * @throws {BootError} when the guest does not boot.
 */
export async function prepareTarget(target: Target, say: (line: string) => void): Promise<Target> {
  if (target.kind !== 'qemu') return target;
  const { agentPath, buildAgent } = await import('./agentFile.js');
  const { saveSnapshot } = await import('../targets/snapshot.js');
  await buildAgent(target.arch, say);
  const pinned = { ...target, kernel: await pinKernel(target, say) };
  await saveSnapshot(pinned, { agent: agentPath(target.arch), onProgress: say });
  return pinned;
}

/** The very kernel that a series means today. */
async function pinKernel({ arch, kernel }: QemuTarget, say: (line: string) => void): Promise<KernelSource> {
  if (kernel.kind === 'image') return kernel;
  const { fetchKernel } = await import('../targets/debian.js');
  const { release } = await fetchKernel(arch, kernel.wanted, { onProgress: say });
  return { kind: 'debian', wanted: release };
}

/**
 * Opens the driver of a target, which ends with this process. What only other targets need is loaded for these only.
 *
 * @throws {TargetError} when the target cannot be used.
 * @throws {BootError} when its kernel does not boot.
 * @throws {DriverError} when the native driver of this machine cannot.
 */
export async function openTarget(target: Target, { directory, marginMs }: OpenOptions): Promise<Driver> {
  switch (target.kind) {
    case 'local':
      return openDriver();
    case 'ssh': {
      const { openSsh } = await import('./ssh.js');
      return connect(await openSsh(target.host, directory), target, marginMs);
    }
    case 'qemu': {
      const { agentPath } = await import('./agentFile.js');
      const { bootVm, waitForAgent } = await import('../targets/qemu.js');
      const vm = await bootVm(target, { agent: agentPath(target.arch), directory });
      await waitForAgent(vm);
      return connect(vm, target, marginMs);
    }
  }
}

async function connect(
  machine: AgentPipes & { diagnose(): string; kill(): void },
  target: Target,
  marginMs: number,
): Promise<Driver> {
  const { connectAgent } = await import('./remoteDriver.js');
  const onClose = (): void => {
    machine.kill();
  };
  const explain = (): string => machine.diagnose();
  try {
    return connectAgent(machine, { name: targetName(target), marginMs, explain, onClose });
  } catch (error) {
    machine.kill();
    throw error;
  }
}
