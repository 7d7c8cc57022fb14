import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { oneLine } from '../../util/text.js';
import { debianArchive, systemSources, type Archive } from './aptSources.js';
import type { Arch } from './arch.js';
import { replaceFile } from './cache.js';
import { TargetError } from './error.js';
import { hasProgram, run, type Finished } from './programs.js';

/** Suites that are searched for kernels, the oldest first. */
export const SUITES = ['bullseye', 'bookworm', 'bookworm-backports', 'trixie', 'trixie-backports', 'sid'] as const;

/** Seconds to wait for another process that is using the same state. */
const LOCK_SECONDS = 600;

/** A list of packages that apt has fetched, of one suite. */
export interface PackageList {
  readonly suite: string;
  readonly file: string;
}

/**
 * apt with a state of its own: it knows one architecture and the suites that have kernels, leaves the state of the system
 * alone, and needs no privileges. Signatures are checked as usual.
 */
export class PrivateApt {
  /** @param directory of the state; it is created. */
  constructor(
    private readonly directory: string,
    private readonly arch: Arch,
    readonly archive: Archive = systemArchive(),
  ) {
    for (const part of ['lists/partial', 'archives/partial', 'state'])
      mkdirSync(join(directory, part), { recursive: true });
    const options = archive.signedBy === undefined ? '' : `[signed-by=${archive.signedBy}] `;
    const lines = SUITES.map((suite) => `deb ${options}${archive.uri} ${suite} main\n`);
    replaceFile(join(directory, 'sources.list'), lines.join(''));
    replaceFile(join(directory, 'apt.conf'), this.configuration());
  }

  /**
   * Fetches the lists of packages. A suite that cannot be fetched is left out: the mirror may not have it.
   *
   * @returns what went wrong with single suites, one sentence each.
   * @throws {TargetError} when there is no list at all.
   */
  async update(): Promise<string[]> {
    const { stdout, stderr } = await this.apt('apt-get', ['-q', 'update']);
    const problems = aptProblems(`${stdout}\n${stderr}`);
    if ((await this.lists()).length > 0) return problems;
    const reason = problems[0] ?? 'it said nothing';
    throw new TargetError(
      `the lists of Debian's packages cannot be fetched from ${this.archive.uri} (${reason}): check the network, or pass --kernel and --modules`,
    );
  }

  /** The lists that are here. */
  async lists(): Promise<PackageList[]> {
    const { stdout } = await this.apt('apt-get', [
      'indextargets',
      '--format',
      '$(RELEASE) $(FILENAME)',
      'Created-By: Packages',
    ]);
    return stdout.split('\n').flatMap((line) => {
      const [, suite, file] = /^(\S+) (.+)$/.exec(line) ?? [];
      return suite === undefined || file === undefined ? [] : [{ suite, file }];
    });
  }

  /** Hands on the text of a list piece by piece. */
  async read(list: PackageList, onText: (text: string) => void): Promise<void> {
    const { status, stderr } = await run('/usr/lib/apt/apt-helper', ['cat-file', list.file], { onText });
    if (status !== 0) throw new TargetError(`apt cannot read ${list.file}: ${oneLine(stderr)}`);
  }

  /**
   * Downloads exact versions of packages.
   *
   * @param packages as `name=version`.
   * @param directory that gets the files.
   */
  async download(packages: readonly string[], directory: string): Promise<void> {
    const { status, stdout, stderr } = await this.apt('apt-get', ['-q', 'download', ...packages], directory);
    if (status === 0) return;
    const reason = aptProblems(`${stdout}\n${stderr}`)[0] ?? oneLine(stderr.trim());
    throw new TargetError(`apt cannot download ${packages.join(' ')} (${reason}): check the network and the disk`);
  }

  private apt(program: string, args: readonly string[], cwd?: string): Promise<Finished> {
    const lock = ['--timeout', String(LOCK_SECONDS), join(this.directory, 'lock')];
    const options = cwd === undefined ? {} : { cwd };
    return run('flock', [...lock, program, '-c', join(this.directory, 'apt.conf'), ...args], options);
  }

  /** What is set on top of the system's own configuration of apt, which knows its proxies. */
  private configuration(): string {
    const at = (name: string): string => join(this.directory, name);
    const settings = {
      'APT::Architecture': this.arch,
      'Dir::State': at('state'),
      'Dir::State::Lists': at('lists'),
      'Dir::State::status': '/dev/null',
      'Dir::Etc::SourceList': at('sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Dir::Cache': this.directory,
      'Dir::Cache::archives': at('archives'),
      // What it would keep between calls is larger than all that it saves is worth.
      'Dir::Cache::pkgcache': '',
      'Dir::Cache::srcpkgcache': '',
      'Acquire::GzipIndexes': 'true',
      'Acquire::Languages': 'none',
      'Acquire::PDiffs': 'false',
      'Acquire::Retries': '2',
      // Downloads go to a directory of the user's, which apt's own user may not enter.
      'APT::Sandbox::User': 'root',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
    // What the system does after its own updates is none of ours.
    const cleared = ['APT::Architectures', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'];
    const clear = cleared.map((name) => `#clear ${name};`);
    return [...clear, `APT::Architectures { "${this.arch}"; };`, ...lines, ''].join('\n');
  }
}

function systemArchive(): Archive {
  if (!hasProgram('apt-get'))
    throw new TargetError("Debian's kernels can be fetched only where apt is: give files with --kernel and --modules");
  return debianArchive(systemSources());
}

/** The errors and warnings in what apt printed, the errors first. */
export function aptProblems(text: string): string[] {
  const lines = [/^E: (.*)$/gm, /^W: (.*)$/gm].flatMap((pattern) => [...text.matchAll(pattern)]);
  return [...new Set(lines.map(([, message = '']) => problemOf(message)))];
}

function problemOf(message: string): string {
  const key = /NO_PUBKEY (\w+)/.exec(message)?.[1];
  const mend = key === undefined ? '' : ': update the keys with apt-get install debian-archive-keyring';
  return oneLine(message.trim(), 200) + mend;
}
