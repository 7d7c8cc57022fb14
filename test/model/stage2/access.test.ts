import { ACCESS } from '../rules/access.js';
import { describeRules } from '../support.js';

describeRules('access', ACCESS);
