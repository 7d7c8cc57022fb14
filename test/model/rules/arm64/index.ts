import type { RuleCase } from '../../support.js';
import { ARM_ACCESS } from './access.js';
import { ARM_KVM } from './kvm.js';
import { ARM_PAGING } from './paging.js';

/** The cases that only aarch64 can have, by topic. */
export const ARM_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  access: ARM_ACCESS,
  paging: ARM_PAGING,
  kvm: ARM_KVM,
};
