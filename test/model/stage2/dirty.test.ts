import { DIRTY } from '../rules/dirty.js';
import { describeRules } from '../support.js';

describeRules('dirty', DIRTY);
