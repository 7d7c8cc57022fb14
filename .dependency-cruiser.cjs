// The floors of src/, from the ground to the roof, and what each may stand on.
// src/util is the ground under all of them: it imports no floor and every floor may import it.
const mayImport = {
  util: [],
  scenario: [],
  model: ['scenario'],
  arbitraries: ['scenario'],
  driver: ['scenario'],
  oracle: ['scenario', 'model', 'driver'],
  corpus: ['scenario', 'model', 'driver', 'oracle'],
  campaign: ['scenario', 'model', 'arbitraries', 'driver', 'oracle', 'corpus'],
  triage: ['scenario', 'model', 'arbitraries', 'driver', 'oracle', 'corpus', 'campaign'],
  report: ['scenario', 'model', 'oracle', 'corpus', 'campaign', 'triage'],
  cli: ['scenario', 'model', 'arbitraries', 'driver', 'oracle', 'corpus', 'campaign', 'triage', 'report'],
};

const anyOf = (floors) => `^src/(${floors.join('|')})/`;

const floorRules = Object.entries(mayImport).map(([floor, below]) => {
  const allowed = [...new Set([floor, 'util', ...below])];
  return {
    name: `floor-${floor}`,
    comment: `src/${floor} may import only ${allowed.map((name) => `src/${name}`).join(', ')}.`,
    severity: 'error',
    from: { path: `^src/${floor}/` },
    to: { path: '^src/', pathNot: anyOf(allowed) },
  };
});

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'unknown-floor',
      comment: 'Every file of src/ belongs to a floor: put it in one, or add the new floor to .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^src/', pathNot: anyOf(Object.keys(mayImport)) },
      to: {},
    },
    {
      name: 'src-stands-alone',
      comment: 'src/ imports nothing from test/, bench/, scripts/, bin/ or dist/.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts|bin|dist)/' },
    },
    {
      name: 'no-cycles',
      comment:
        'Files do not import each other in a circle, not even for types: move what they share into its own file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'An import that resolves to nothing cannot be checked.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type-only imports count: a floor that knows another floor's types knows that floor.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.json'],
    },
  },
};
