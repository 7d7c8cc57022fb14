import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const checker = fileURLToPath(new URL('../scripts/floors.mjs', import.meta.url));

const ground = ['util', 'scenario'];
const mayImport: Record<string, string[]> = {
  util: [],
  scenario: ['util'],
  model: ground,
  arbitraries: ground,
  driver: ground,
  oracle: [...ground, 'model', 'driver'],
  corpus: [...ground, 'model', 'driver', 'oracle'],
  campaign: [...ground, 'model', 'arbitraries', 'driver', 'oracle', 'corpus'],
  triage: [...ground, 'model', 'arbitraries', 'driver', 'oracle', 'corpus', 'campaign'],
  report: [...ground, 'model', 'oracle', 'corpus', 'campaign', 'triage'],
  cli: [...ground, 'model', 'arbitraries', 'driver', 'oracle', 'corpus', 'campaign', 'triage', 'report'],
};
const floors = Object.keys(mayImport);

interface Edge {
  from: string;
  to: string;
}

const edges: Edge[] = floors.flatMap((from) => floors.filter((to) => to !== from).map((to) => ({ from, to })));
const isAllowed = ({ from, to }: Edge): boolean => mayImport[from]?.includes(to) ?? false;
const allowed = edges.filter(isAllowed);
const forbidden = edges.filter((edge) => !isAllowed(edge));

let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'floors-'));
  for (const floor of floors)
    write(`src/${floor}/leaf.ts`, 'export type Leaf = number;\nexport const leaf: Leaf = 1;\n');
});

afterEach(() => {
  rmSync(tree, { recursive: true });
});

function write(name: string, text: string): void {
  const path = join(tree, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Each import sits in a file of its own, so that none of them closes a cycle. */
function writeImports(imports: Edge[], statement: (path: string) => string): void {
  for (const { from, to } of imports) write(`src/${from}/to-${to}.ts`, statement(`../${to}/leaf.js`));
}

function check(): { status: number | null; violations: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [checker, tree], { encoding: 'utf8' });
  const violations = Array.from(
    stdout.matchAll(/error (\S+): (\S+)(?: → (\S+))?/g),
    ([, rule = '', from = '', to = '']) => `${rule}: ${from} -> ${to}`,
  );
  return { status, violations: violations.sort() };
}

const violationOf = ({ from, to }: Edge): string => `floor-${from}: src/${from}/to-${to}.ts -> src/${to}/leaf.ts`;

describe('the floors check', () => {
  test('passes when every floor imports all that it may', () => {
    writeImports(allowed, (path) => `import { leaf } from '${path}';\nexport const seen = leaf;\n`);
    expect(check()).toEqual({ status: 0, violations: [] });
  });

  test.each([
    ['a value import', (path: string) => `import { leaf } from '${path}';\nexport const seen = leaf;\n`],
    ['a type import', (path: string) => `import type { Leaf } from '${path}';\nexport const seen: Leaf = 2;\n`],
    ['a re-export', (path: string) => `export { leaf } from '${path}';\n`],
    ['a dynamic import', (path: string) => `export const seen = await import('${path}');\n`],
    ['an inline type import', (path: string) => `export type Seen = import('${path}').Leaf;\n`],
  ])('names every forbidden direction of %s', (_, statement) => {
    writeImports(forbidden, statement);
    const { status, violations } = check();
    expect(violations).toEqual(forbidden.map(violationOf).sort());
    expect(status).toBeGreaterThan(0);
  });

  test.each([
    [
      'a cycle of types inside one floor',
      { 'src/model/a.ts': "import type { B } from './b.js';\nexport type A = B[];\n" },
      { 'src/model/b.ts': "import type { A } from './a.js';\nexport type B = A[];\n" },
      'no-cycles',
    ],
    [
      'an import of a test',
      { 'src/cli/main.ts': "import '../../test/helper.js';\n" },
      { 'test/helper.ts': 'export {};\n' },
      'src-stands-alone',
    ],
    [
      'an import from a folder that is no floor',
      { 'src/attic/old.ts': "import '../scenario/leaf.js';\n" },
      {},
      'unknown-floor',
    ],
    ['an import of nothing', { 'src/model/a.ts': "import './missing.js';\n" }, {}, 'no-unresolved'],
  ])('refuses %s', (_, file, other, rule) => {
    for (const [name, text] of Object.entries({ ...file, ...other })) write(name, text);
    const { status, violations } = check();
    expect(status).toBeGreaterThan(0);
    expect(violations.map((violation) => violation.split(':')[0])).toContain(rule);
  });
});
