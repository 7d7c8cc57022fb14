import { Argument, Option, type Command } from 'commander';
import { ARCHES, type Arch } from '../driver/targets/arch.js';
import { cachedReleases, fetchKernel, listKernels } from '../driver/targets/debian.js';
import { toJson } from '../report/json.js';
import { plural } from '../util/text.js';
import { EXIT, type ExitCode } from './exit.js';
import type { Output } from './output.js';

interface KernelOptions {
  readonly arch: Arch;
  readonly all?: true;
  readonly json?: true;
}

const archOption = (): Option =>
  new Option('--arch <arch>', 'architecture of the kernel').choices(ARCHES).default(ARCHES[0]);

/** Kernels of Debian for `qemu:` targets. */
export function addKernel(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const kernel = program
    .command('kernel')
    .description("list and fetch Debian's kernels, which qemu: targets boot")
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline kernel list --arch arm64\n  $ faultline kernel fetch 6.12 --arch amd64' +
        "\n\nThey come through the system's own apt configuration, without root and without changing it.",
    );
  kernel
    .command('list')
    .description('releases that can be fetched, the newest first')
    .addOption(archOption())
    .option('--all', 'every flavour, not only the cloud kernels that targets boot')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ faultline kernel list --arch arm64')
    .action(async (options: KernelOptions) => {
      await list(options, output);
      done(EXIT.ok);
    });
  kernel
    .command('fetch')
    .description('download a kernel into the cache, unless it is there')
    .addArgument(new Argument('<release>', 'a release, a series such as 6.12, or newest'))
    .addOption(archOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ faultline kernel fetch 6.12 --arch amd64')
    .action(async (release: string, options: KernelOptions) => {
      await fetch(release, options, output);
      done(EXIT.ok);
    });
}

function progress(output: Output): { onProgress: (line: string) => void } {
  return {
    onProgress: (line) => {
      output.err.print(line);
    },
  };
}

async function list({ arch, all, json }: KernelOptions, output: Output): Promise<void> {
  const kernels = (await listKernels(arch, progress(output))).filter(
    ({ release }) => all === true || release.includes('-cloud-'),
  );
  const cached = new Set(cachedReleases(arch));
  const rows = kernels.map((kernel) => ({ ...kernel, cached: cached.has(kernel.release) }));
  if (json === true) {
    output.out.print(toJson('kernels', { arch, kernels: rows }));
    return;
  }
  const width = Math.max(0, ...rows.map(({ release }) => release.length));
  output.out.print(
    ...rows.map((row) => `${row.release.padEnd(width)}  ${row.suite}${row.cached ? ', in the cache' : ''}`),
    `${plural(rows.length, 'kernel')} for ${arch}`,
  );
}

async function fetch(wanted: string, { arch, json }: KernelOptions, output: Output): Promise<void> {
  const kernel = await fetchKernel(arch, wanted, progress(output));
  if (json === true) output.out.print(toJson('kernel', kernel));
  else output.out.print(`${kernel.release}  ${kernel.image}`, `modules  ${kernel.modules}`);
}
