import { fileURLToPath } from 'node:url';
import { stage2Family } from '../../src/campaign/families/stage2.js';
import { isFault, signatureOf } from '../../src/campaign/signature.js';
import { loadKnown, matchKnown } from '../../src/corpus/known.js';
import type { Stage2Profile } from '../../src/scenario/profile.js';
import type { Executed } from './machine.js';

const CORPUS = fileURLToPath(new URL('../../corpus', import.meta.url));

/** Id of the recorded divergence that explains a verdict on a machine; undefined where none does. */
export function knownId({ scenario, verdict }: Executed, profile: Stage2Profile): string | undefined {
  if (!isFault(verdict)) return undefined;
  const { known } = loadKnown(CORPUS, 'stage2', profile);
  return matchKnown(known, signatureOf(stage2Family, scenario, verdict), profile);
}
