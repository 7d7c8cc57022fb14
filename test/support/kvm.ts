import { accessSync, constants } from 'node:fs';

/** Why tests that execute scenarios cannot run here; undefined when they can. */
export const kvmMissing = whyKvmIsMissing();

/** Skips a test, with the reason in its report, where there is no KVM: `test('…', ({ skip }) => { needsKvm(skip); … })`. */
export function needsKvm(skip: (reason: string) => void): void {
  if (kvmMissing !== undefined) skip(kvmMissing);
}

function whyKvmIsMissing(): string | undefined {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return `/dev/kvm cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
}
