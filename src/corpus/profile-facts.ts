import type { Profile } from '../scenario/profile.js';

type Scalar = string | number | boolean;

/** A profile as a case file records it: dotted names to plain values. */
export type ProfileFacts = Readonly<Record<string, Scalar>>;

/** A field of the profile by its dotted name (`cpuVendor`, `features.uffdWp`, `ops.push.user.mmio`), if there is one. */
export function profileField(profile: Profile | ProfileFacts, name: string): Scalar | undefined {
  if (Object.hasOwn(profile, name)) return scalarOf((profile as Readonly<Record<string, unknown>>)[name]);
  let value: unknown = profile;
  for (const key of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return scalarOf(value);
}

function scalarOf(value: unknown): Scalar | undefined {
  return isScalar(value) ? value : undefined;
}

/** The profile as a case file records it: its plain fields and its features, without the table of operations. */
export function profileFacts(profile: Profile): Record<string, Scalar> {
  const plain = Object.entries(profile).flatMap(([name, value]: [string, unknown]) =>
    isScalar(value) ? [[name, value] as const] : [],
  );
  const features = Object.entries(profile.features).map(([name, present]) => [`features.${name}`, present] as const);
  return Object.fromEntries([...plain, ...features]);
}

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
