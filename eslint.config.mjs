import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const plainScripts = ['**/*.{js,mjs,cjs}'];

export default defineConfig(
  globalIgnores(['dist/', 'native/', 'runs/', 'corpus/', '**/*.generated.*']),
  // Inline waivers have no effect; with --max-warnings 0 each one is an error.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        // An options object replaces the strict preset's, so its other refusals are repeated.
        {
          allowNumber: true,
          allowAny: false,
          allowBoolean: false,
          allowNever: false,
          allowNullish: false,
          allowRegExp: false,
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
    },
  },
  // Plain scripts are outside the TypeScript project, so the rules that need types cannot run on them.
  { files: plainScripts, extends: [tseslint.configs.disableTypeChecked] },
);
