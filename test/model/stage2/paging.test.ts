import { PAGING } from '../rules/paging.js';
import { describeRules } from '../support.js';

describeRules('paging', PAGING);
