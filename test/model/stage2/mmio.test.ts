import { MMIO } from '../rules/mmio.js';
import { describeRules } from '../support.js';

describeRules('mmio', MMIO);
