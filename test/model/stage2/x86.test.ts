import { X86_CASES } from '../rules/x86/index.js';
import { describeRules, X86 } from '../support.js';

for (const [topic, cases] of Object.entries(X86_CASES)) describeRules(`x86 ${topic}`, cases, X86);
