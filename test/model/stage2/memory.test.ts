import { MEMORY } from '../rules/memory.js';
import { describeRules } from '../support.js';

describeRules('memory', MEMORY);
