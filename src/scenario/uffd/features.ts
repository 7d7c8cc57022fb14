/** Features of the handshake, by their bits in `uffdio_api.features`. */
export const UFFD_FEATURES = {
  pagefault_flag_wp: 1 << 0,
  event_fork: 1 << 1,
  event_remap: 1 << 2,
  event_remove: 1 << 3,
  missing_hugetlbfs: 1 << 4,
  missing_shmem: 1 << 5,
  event_unmap: 1 << 6,
  sigbus: 1 << 7,
  thread_id: 1 << 8,
  minor_hugetlbfs: 1 << 9,
  minor_shmem: 1 << 10,
  exact_address: 1 << 11,
  wp_hugetlbfs_shmem: 1 << 12,
  wp_unpopulated: 1 << 13,
  poison: 1 << 14,
  wp_async: 1 << 15,
  move: 1 << 16,
} as const;

export type UffdFeature = keyof typeof UFFD_FEATURES;
export const UFFD_FEATURE_NAMES = Object.keys(UFFD_FEATURES) as [UffdFeature, ...UffdFeature[]];
/** A feature bit that no kernel defines. */
export const UNKNOWN_FEATURE = 1 << 30;

export function featureBits(features: readonly UffdFeature[]): number {
  return features.reduce((bits, name) => bits | UFFD_FEATURES[name], 0);
}

/** The names of the bits that have one. */
export function featureNames(bits: number): UffdFeature[] {
  return UFFD_FEATURE_NAMES.filter((name) => (bits & UFFD_FEATURES[name]) !== 0);
}
