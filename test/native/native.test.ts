import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runToEnd } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';

const NATIVE = fileURLToPath(new URL('../../native', import.meta.url));

/** Builds one of the driver's own tests under ASan and UBSan, and runs it. */
async function runNative(name: string): Promise<void> {
  const target = `build/tests/${name}`;
  const built = await runToEnd(['make', '-s', '-C', NATIVE, target], { cwd: NATIVE });
  expect([built.code, built.stderr]).toEqual([0, '']);
  const { code, stdout, stderr } = await runToEnd([`${NATIVE}/${target}`], { cwd: NATIVE });
  expect(code, `${stdout}${stderr}`).toBe(0);
}

test.each(['decode_test', 'uffd_test'])(
  '%s: the decoder refuses whatever is malformed',
  { timeout: 300_000 },
  async (name) => {
    await runNative(name);
  },
);

for (const name of ['access_test', 'trouble_test', 'reset_test']) {
  test(`${name} passes on real KVM`, { timeout: 300_000 }, async ({ skip }) => {
    needsKvm(skip);
    await runNative(name);
  });
}
