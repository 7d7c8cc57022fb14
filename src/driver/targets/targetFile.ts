import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { pathOf, problemOf } from '../../scenario/issue.js';
import { errnoSentence } from '../../util/errno.js';
import { JsonTextError, parseJsonText } from '../../util/json-text.js';
import { oneLine } from '../../util/text.js';
import { ARCHES } from './arch.js';
import { TargetError } from './error.js';
import { DEFAULT_MEMORY_MIB, kernelSource, type QemuTarget } from './qemuTarget.js';

const MAX_BYTES = 64 * 1024;

const count = (least: number, most: number) =>
  v.pipe(
    v.number(),
    v.integer('an integer'),
    v.minValue(least, `a number from ${least} to ${most}`),
    v.maxValue(most, `a number from ${least} to ${most}`),
  );
const line = v.pipe(v.string(), v.regex(/^[^\0\n]*$/, 'text on one line'));
const words = v.pipe(line, v.regex(/\S/, 'text that is not empty'));

const TargetFile = v.pipe(
  v.strictObject({
    arch: v.picklist(ARCHES),
    kernel: words,
    modules: v.optional(words),
    cpu: v.optional(v.pipe(v.string(), v.regex(/^\w[\w.,+=-]*$/, 'a CPU as QEMU takes it, such as max,+svm'))),
    memoryMiB: v.optional(count(256, 65536)),
    vcpus: v.optional(count(1, 8)),
    npt: v.optional(v.boolean()),
    append: v.optional(line),
    qemuArguments: v.optional(v.array(words)),
  }),
  v.forward(
    v.check(
      ({ arch, npt }) => npt === undefined || arch === 'amd64',
      'left out: only amd64 has nested paging to turn off',
    ),
    ['npt'],
  ),
);

/** Whether a path is that of a file that can be looked into. */
export function targetFileExists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * Reads a target from a JSON file. Paths in it are relative to its directory.
 *
 * @throws {TargetError} with the path of the file and of the field that is wrong.
 */
export function readTargetFile(path: string): QemuTarget {
  const { arch, kernel, modules, cpu, memoryMiB, vcpus, npt, append, qemuArguments } = parseFile(path);
  const directory = dirname(path);
  return {
    kind: 'qemu',
    name: basename(path, '.json'),
    arch,
    kernel: kernelSource(kernel, directory),
    ...(modules === undefined ? {} : { modules: resolve(directory, modules) }),
    ...(cpu === undefined ? {} : { cpu }),
    memoryMiB: memoryMiB ?? DEFAULT_MEMORY_MIB,
    vcpus: vcpus ?? 1,
    npt: npt ?? true,
    append: append ?? '',
    qemuArguments: qemuArguments ?? [],
  };
}

function parseFile(path: string): v.InferOutput<typeof TargetFile> {
  const refuse = (problem: string): TargetError => new TargetError(oneLine(`${path}: ${problem}`));
  let json: unknown;
  try {
    if (statSync(path).size > MAX_BYTES) throw refuse('too large to be a target');
    json = parseJsonText(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof TargetError) throw error;
    throw refuse(error instanceof JsonTextError ? error.message : errnoSentence(error));
  }
  const result = v.safeParse(TargetFile, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw refuse(`${pathOf(issue)}: ${problemOf(issue)}`);
}
