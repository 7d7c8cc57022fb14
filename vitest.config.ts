import { defineConfig } from 'vitest/config';

/** Tests that boot guests keep the processors busy for minutes: they come last, one at a time, so that no other has to wait. */
const GUESTS = [
  'test/driver/targets/{boot,snapshot}.test.ts',
  'test/driver/remote/agent.test.ts',
  'test/cli/{matrix,qemu,target}.test.ts',
  'test/docs/ci.test.ts',
  'test/triage/export/replaysArm64.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: { name: 'here', include: ['test/**/*.test.ts'], exclude: GUESTS, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'guests', include: GUESTS, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
