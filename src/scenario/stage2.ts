import * as v from 'valibot';
import { Stage2Config } from './stage2/config.js';
import { MAX_STEPS } from './stage2/layout.js';
import { Step } from './stage2/steps.js';

/** Version of the scenario format; a file of another version is refused. */
export const STAGE2_SCHEMA = 1;

/** Guest accesses against memory that faults: one machine configuration and the steps taken on it. */
export const Stage2Scenario = v.strictObject({
  schema: v.literal(STAGE2_SCHEMA),
  family: v.literal('stage2'),
  arch: v.literal('x86_64'),
  config: Stage2Config,
  steps: v.pipe(v.array(Step), v.maxLength(MAX_STEPS)),
});
export type Stage2Scenario = v.InferOutput<typeof Stage2Scenario>;

export type * from './stage2/config.js';
export type * from './stage2/steps.js';
