import * as v from 'valibot';
import { ArmConfig, X86Config, type Stage2Config } from './stage2/config.js';
import { MAX_STEPS } from './stage2/layout.js';
import { Step } from './stage2/steps.js';

/** Version of the scenario format; a file of another version is refused. */
export const STAGE2_SCHEMA = 1;

const head = { schema: v.literal(STAGE2_SCHEMA), family: v.literal('stage2') };
const steps = v.pipe(v.array(Step), v.maxLength(MAX_STEPS));

export const X86Scenario = v.strictObject({ ...head, arch: v.literal('x86_64'), config: X86Config, steps });
export type X86Scenario = v.InferOutput<typeof X86Scenario>;

export const ArmScenario = v.strictObject({ ...head, arch: v.literal('aarch64'), config: ArmConfig, steps });
export type ArmScenario = v.InferOutput<typeof ArmScenario>;

/** Guest accesses against memory that faults: one machine configuration and the steps taken on it. */
export const Stage2Scenario = v.variant('arch', [X86Scenario, ArmScenario]);
export type Stage2Scenario = v.InferOutput<typeof Stage2Scenario>;

/** The scenario with another configuration of its architecture. */
export function withConfig(scenario: Stage2Scenario, config: Stage2Config): Stage2Scenario {
  return { ...scenario, config } as Stage2Scenario;
}

export type * from './stage2/config.js';
export type * from './stage2/steps.js';
