import type { X86Profile } from '../../../scenario/profile.js';
import type { Run } from '../run.js';

/** A run whose guest is an x86_64 one. */
export interface X86Run extends Run {
  readonly arch: 'x86_64';
  readonly profile: X86Profile;
}
