import { ARM_CASES } from '../rules/arm64/index.js';
import { ARM, describeRules } from '../support.js';

for (const [topic, cases] of Object.entries(ARM_CASES)) describeRules(`arm64 ${topic}`, cases, ARM);
