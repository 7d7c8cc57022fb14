import type { Profile } from '../profile.js';
import type { Advice } from './steps.js';
import { UFFD_FEATURE_NAMES, type UffdFeature } from './features.js';

/** What the model of the uffd family conditions on. Probed, not guessed from the kernel's release. */
export interface UffdProfile extends Profile {
  /** The features that a handshake reports, and beside them what the machine has. */
  readonly features: Readonly<Record<UffdFeature | 'device' | 'hugePages', boolean>>;
  /** The advice that madvise(2) takes, and of populating also that one can see where it waits. */
  readonly advice: Readonly<Record<Advice, boolean>>;
  /** `uffdio_api.ioctls` as a handshake reports it, as a hexadecimal number. */
  readonly apiIoctls: string;
  /** A range that is registered for WP can be registered again without; newer kernels answer EBUSY. */
  readonly dropsWp: boolean;
  /** Unregistering wakes whoever waits; otherwise only where the range was registered for MISSING. */
  readonly unregisterWakesAll: boolean;
  /** UFFDIO_WRITEPROTECT takes a range of several mappings; older kernels answer ENOENT. */
  readonly wpSpansMappings: boolean;
  /** UFFDIO_CONTINUE knows the WP mode; older kernels do not. */
  readonly continueWp: boolean;
  /** A handshake may ask for UFFD_FEATURE_EVENT_FORK, which takes CAP_SYS_PTRACE. */
  readonly mayFork: boolean;
  /** A handshake looks for that privilege before it looks for features that it does not have. */
  readonly privilegeFirst: boolean;
  /** The SIGBUS of a poisoned page says that it is a memory error; kernels without CONFIG_MEMORY_FAILURE do not know of any. */
  readonly memoryErrors: boolean;
}

export const UFFD_PROFILE_FEATURES = [...UFFD_FEATURE_NAMES, 'device', 'hugePages'] as const;
