import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Arch } from '../targets/arch.js';
import { TargetError } from '../targets/error.js';
import { findProgram, run } from '../targets/programs.js';

/** Seen from `src/driver/remote` as well as from `dist/driver/remote`. */
const NATIVE = fileURLToPath(new URL('../../../native', import.meta.url));
/** Architectures as `make` and compilers name them. */
const MACHINES: Readonly<Record<Arch, string>> = { amd64: 'x86_64', arm64: 'aarch64' };
const SHOWN_LINES = 5;

/** Where the build leaves the agent. */
export function agentPath(arch: Arch): string {
  return `${NATIVE}/build/${MACHINES[arch]}/faultline-agent`;
}

/**
 * Builds the agent for an architecture, unless it is there and up to date.
 *
 * @param say told before something that takes time.
 * @throws {TargetError} when it cannot be built.
 */
export async function buildAgent(arch: Arch, say: (line: string) => void = () => undefined): Promise<void> {
  const machine = MACHINES[arch];
  const goal = ['agent', `ARCH=${machine}`];
  findProgram('make');
  if (existsSync(agentPath(arch)) && (await run('make', ['-q', '-C', NATIVE, ...goal])).status === 0) return;
  if (arch !== hostArch()) findCompiler(arch, `${machine}-linux-gnu-gcc`);
  say(`building the agent for ${machine}`);
  // Several commands in one checkout may want it at once.
  const { status, stdout, stderr } = await run('flock', [`${NATIVE}/Makefile`, 'make', '-s', '-C', NATIVE, ...goal]);
  if (status === 0) return;
  const lines = `${stdout}${stderr}`.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
  throw new TargetError(
    `the agent for ${machine} does not build; make -C native ${goal.join(' ')} shows why:\n${lines}`,
  );
}

/** The architecture of this machine. */
export function hostArch(): Arch {
  return process.arch === 'arm64' ? 'arm64' : 'amd64';
}

function findCompiler(arch: Arch, name: string): void {
  try {
    findProgram(name);
  } catch {
    const packages = arch === 'arm64' ? 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' : 'gcc-x86-64-linux-gnu';
    throw new TargetError(`${name} is missing, which builds the agent: run apt-get install ${packages}`);
  }
}
