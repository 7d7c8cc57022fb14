import { UFFD } from '../rules/uffd.js';
import { describeRules } from '../support.js';

describeRules('uffd', UFFD);
