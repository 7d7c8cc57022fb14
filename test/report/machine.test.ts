import { expect, test } from 'vitest';
import { formatDiagnosis } from '../../src/cli/doctor.js';
import { machineWords } from '../../src/report/machine.js';
import { armProfile, features, profile } from '../arbitraries/profiles.js';

const terminal = { columns: 400, color: false, live: false };
const lineOf = (lines: readonly string[], start: string): string => lines.find((line) => line.startsWith(start)) ?? '';

test('a machine is named by its architecture, kernel, processor and paging', () => {
  expect(machineWords(profile())).toBe('x86_64, 6.0.0, kvm, model, shadow paging');
  expect(machineWords(profile({ paging: 'tdp' }))).toBe('x86_64, 6.0.0, kvm, model, two-dimensional paging');
  expect(machineWords(armProfile())).toBe('aarch64, 6.0.0, kvm, model, stage-2 translation');
  expect(machineWords(armProfile({ cpuModel: '' }))).toBe('aarch64, 6.0.0, kvm, stage-2 translation');
});

test('doctor speaks of the features that the architecture can have', () => {
  const missing = { ...features(true), lse: false, granule16k: false };
  const arm = formatDiagnosis(
    {
      target: 'local',
      checks: [],
      profile: armProfile({ features: missing }),
      canFuzz: true,
      families: { can: ['stage2'], cannot: [] },
    },
    terminal,
  );
  expect(lineOf(arm, 'features: ')).toContain('granule64k');
  expect(lineOf(arm, 'not available')).toMatch(/: lse, granule16k$/);
  const bare = profile({ features: { ...features(false), readonlyMem: true } });
  const x86 = formatDiagnosis(
    { target: 'local', checks: [], profile: bare, canFuzz: true, families: { can: ['stage2'], cannot: [] } },
    terminal,
  );
  expect(lineOf(x86, 'features: ')).toBe('features: readonlyMem');
  expect(lineOf(x86, 'not available')).not.toMatch(/granule|lse|hardware/);
});
