/** The head of the report of a bucket. */
import type { Bucket } from '../../triage/buckets.js';
import { plural } from '../../util/text.js';
import { reproductionSentence } from '../finding.js';
import type { Conclusion } from './head.js';
import type { Fact } from './reported.js';

export function concludeBucket({ state, title, known }: Bucket): Conclusion {
  switch (state) {
    case 'new':
      return { tone: 'bad', sentence: `Untriaged: ${title}.` };
    case 'known':
      return { tone: 'ok', sentence: `Known (${known ?? ''}): ${title}.` };
    case 'fixed?':
      return { tone: 'warn', sentence: `Not met by later campaigns that should have met it: ${title}.` };
  }
}

export function bucketFacts(bucket: Bucket): Fact[] {
  const { id, signature, reproduction, kernels, legs, lastSeenMs } = bucket;
  const where = [...new Set(legs.map(({ family, target, directory }) => `${family} on ${target} (${directory})`))];
  return [
    ['bucket', id],
    ['signature', signature],
    ['met', plural(bucket.times, 'time')],
    ['reproduced', reproduction === undefined ? 'not tried again' : reproductionSentence(reproduction)],
    ['kernels', kernels.join(', ')],
    ['last seen', new Date(lastSeenMs).toISOString()],
    ['found by', where.join(', ')],
  ];
}
