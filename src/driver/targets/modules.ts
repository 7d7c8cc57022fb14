import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { errnoSentence } from '../../util/errno.js';
import { TargetError } from './error.js';
import { moduleDependencies, moduleName } from './modinfo.js';
import { filterFile } from './programs.js';

/** A module that is wanted in the guest. */
export interface WantedModule {
  readonly name: string;
  /** As insmod takes them: `npt=0`. */
  readonly parameters?: string;
}

/** A module to load, ready for insmod: not compressed. */
export interface LoadableModule {
  /** Name of its file, without directory and ending: `kvm-amd`. */
  readonly file: string;
  readonly parameters: string;
  readonly image: Buffer;
}

/**
 * What to load, and in which order, to have the wanted modules. What is built into the kernel is left out.
 *
 * @param directory what is `/lib/modules/<release>` elsewhere; or undefined when everything is built in.
 * @throws {TargetError} when a module is neither there nor built in.
 */
export function modulesToLoad(directory: string | undefined, wanted: readonly WantedModule[]): LoadableModule[] {
  if (directory === undefined) return [];
  const tree = new ModuleTree(directory);
  const loaded = new Map<string, LoadableModule>();
  const load = (name: string, parameters: string, above: readonly string[]): void => {
    if (loaded.has(name) || above.includes(name)) return;
    const found = tree.find(name, above.at(-1));
    if (found === undefined) return;
    for (const dependency of found.dependencies) load(dependency, parametersOf(wanted, dependency), [...above, name]);
    loaded.set(name, { file: found.file, parameters, image: found.image });
  };
  for (const { name, parameters } of wanted) load(moduleName(name), parameters ?? '', []);
  return [...loaded.values()];
}

/** A module may be wanted with parameters and be needed by one before it. */
function parametersOf(wanted: readonly WantedModule[], name: string): string {
  return wanted.find((module) => moduleName(module.name) === name)?.parameters ?? '';
}

interface FoundModule {
  readonly file: string;
  readonly image: Buffer;
  /** In the order in which to load them. */
  readonly dependencies: readonly string[];
}

class ModuleTree {
  private readonly files = new Map<string, string>();
  private readonly builtin: ReadonlySet<string> | undefined;
  private readonly dependencies: ReadonlyMap<string, readonly string[]>;

  constructor(private readonly directory: string) {
    // It may also be what `make modules_install` fills, with lib/modules/<release> below it.
    let [builtin, dependencies]: (string | undefined)[] = [];
    for (const path of filesBelow(directory)) {
      const name = basename(path);
      if (/\.ko(\.(gz|xz|zst))?$/.test(name)) this.files.set(moduleName(name), path);
      else if (name === 'modules.builtin') builtin = path;
      else if (name === 'modules.dep') dependencies = path;
    }
    this.builtin = builtin === undefined ? undefined : names(builtin);
    this.dependencies = dependencies === undefined ? new Map() : dependencyTable(dependencies);
  }

  /** Undefined when it is built in. A directory that does not say what is built in is trusted to have the rest. */
  find(name: string, neededBy: string | undefined): FoundModule | undefined {
    const path = this.files.get(name);
    if (path !== undefined) {
      const image = readModule(path);
      const dependencies = this.dependencies.get(name) ?? moduleDependencies(image, path);
      return { file: basename(path).replace(/\.ko(\.\w+)?$/, ''), image, dependencies };
    }
    if (this.builtin?.has(name) !== false) return undefined;
    const why = neededBy === undefined ? '' : `, which ${neededBy} needs,`;
    throw new TargetError(
      `the module ${name}${why} is neither in ${this.directory} nor built into that kernel: use a kernel that has it`,
    );
  }
}

function filesBelow(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    throw new TargetError(`the modules ${directory} cannot be read: ${errnoSentence(error)}`);
  }
}

function names(path: string): ReadonlySet<string> {
  return new Set(readFileSync(path, 'utf8').split('\n').map(moduleName));
}

/** `modules.dep` of depmod: a module, and what it needs, in the order opposite to loading. */
function dependencyTable(path: string): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, readonly string[]>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [module, needs] = line.split(':');
    if (module === undefined || needs === undefined) continue;
    const list = needs.split(/\s+/).filter((need) => need !== '');
    table.set(moduleName(module), list.map(moduleName).reverse());
  }
  return table;
}

function readModule(path: string): Buffer {
  if (path.endsWith('.xz')) return filterFile('xz', ['-dc'], path);
  if (path.endsWith('.zst')) return filterFile('zstd', ['-dcq'], path);
  const bytes = readFileSync(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}
