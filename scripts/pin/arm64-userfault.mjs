// Userfaultfd as the selftest does not use it: other modes than MISSING, and other answers than COPY.
import { access } from './arm64-scenario.mjs';
import { get, hole, LOG, MISSING } from './selftest.mjs';

const CLEAR = { af: false };
const BOTH = ['kernel', 'user'];
const ldr = access('ldr');
const str = access('str');
const MINOR = { ...MISSING, missing: false, minor: true };
const WP = { ...MISSING, missing: false, wp: true };
const answers = (...missingAnswers) => ({ ...MISSING, missingAnswers });
const protect = (region, pages = 1) => ({ kind: 'uffd', action: 'protect', region, page: 0, pages });

const modes = {
  title: 'MINOR and WP',
  cases: [
    {
      slug: 'minor-data',
      title: 'memory that is in the page cache but not mapped sends a MINOR message and keeps its content',
      privileges: BOTH,
      rules: ['uffd.minor', 'uffd.continue', 'access.load-value'],
      config: { data: { backing: 'memfd', uffd: MINOR } },
      steps: [hole('data', 0, 1), ldr],
    },
    {
      slug: 'minor-tables',
      title: 'a walk through tables that are not mapped sends a MINOR message for each',
      rules: ['uffd.minor', 'uffd.continue', 'arm.access-flag-set'],
      config: { ha: true, initial: CLEAR, pt: { backing: 'memfd', uffd: MINOR } },
      steps: [hole('pt', 0, 8), ldr],
    },
    {
      slug: 'wp-data',
      title: 'a store to a write-protected page sends a WP message, and a load sends none',
      privileges: BOTH,
      rules: ['uffd.wp', 'uffd.unprotect', 'uffd.no-message'],
      config: { data: { uffd: WP } },
      steps: [protect('data'), ldr, str, str],
    },
    {
      slug: 'wp-data-logged',
      title: 'a store that waits for its page to be unprotected is in the log',
      rules: ['uffd.wp', 'dirty.write'],
      config: { data: { flags: LOG, uffd: WP } },
      steps: [protect('data'), get('data'), str, get('data')],
    },
    {
      slug: 'wp-tables-flag-clear',
      title: 'the update of the access flag in a write-protected table sends a WP message',
      privileges: BOTH,
      rules: ['uffd.wp', 'uffd.unprotect', 'arm.access-flag-set'],
      config: { ha: true, initial: CLEAR, pt: { uffd: WP } },
      steps: [protect('pt', 8), ldr],
    },
    {
      slug: 'wp-tables-flag-set',
      title: 'a walk that changes nothing sends no message for write-protected tables',
      privileges: BOTH,
      rules: ['uffd.no-message'],
      config: { ha: true, pt: { uffd: WP } },
      steps: [protect('pt', 8), ldr, str],
    },
    {
      slug: 'copied-write-protected',
      title: 'a page that was copied write-protected sends a WP message on its first store',
      privileges: BOTH,
      rules: ['uffd.missing', 'uffd.copy-wp', 'uffd.wp'],
      config: { data: { uffd: { ...answers('copy_wp'), wp: true } } },
      steps: [hole('data', 0, 1), ldr, str],
    },
  ],
};

const others = {
  title: 'Answers other than COPY',
  cases: [
    {
      slug: 'zeropage-data',
      title: 'a zero page reads as zeroes and can be written',
      privileges: BOTH,
      rules: ['uffd.zeropage', 'access.store-content'],
      config: { data: { uffd: answers('zeropage') } },
      steps: [hole('data', 0, 1), ldr, str, ldr],
    },
    {
      slug: 'zeropage-tables',
      title: 'a zero page for the root of the tables is a Translation fault at level 1',
      privileges: BOTH,
      rules: ['uffd.zeropage', 'arm.translation-fault'],
      config: { pt: { uffd: answers('zeropage') } },
      steps: [hole('pt', 0, 8), ldr],
    },
    {
      slug: 'poison-data',
      title: 'a poisoned page is a memory error, each time',
      rules: ['uffd.poison'],
      config: { data: { uffd: answers('poison') } },
      steps: [hole('data', 0, 1), ldr, ldr],
    },
    {
      slug: 'unanswered-data',
      title: 'an access that gets no answer waits until the range is unregistered, and then sees zeroes',
      privileges: BOTH,
      rules: ['uffd.withdrawal', 'hole.zeroes'],
      config: { data: { uffd: answers('none') } },
      steps: [hole('data', 0, 1), ldr],
    },
    {
      slug: 'answers-take-turns',
      title: 'pages get the answers of the script in turn',
      rules: ['uffd.copy', 'uffd.zeropage', 'uffd.missing'],
      config: { data: { pages: 2, uffd: answers('copy', 'zeropage') } },
      steps: [hole('data', 0, 2), access('ldr', { page: 1 }), access('ldr', { page: 0 })],
    },
    {
      slug: 'late-answer',
      title: 'an answer that comes late is as good',
      rules: ['uffd.missing', 'uffd.copy', 'uffd.write-flag'],
      config: { data: { uffd: { ...MISSING, delayUs: 1000 } } },
      steps: [hole('data', 0, 1), str],
    },
  ],
};

export const ANSWERS = [modes, others];
