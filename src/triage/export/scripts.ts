/** userfaultfd registrations in C. */
import type { Backing, Uffd } from '../../scenario/stage2/config.js';
import { BACKING_INFO } from '../../scenario/stage2/backing.js';
import { answerName } from './common/answers.js';
import type { Needs } from './needs.js';

/** The modes of a registration. */
export function modesText({ missing, minor, wp }: Uffd): string {
  const modes = [missing && 'MISSING', minor && 'MINOR', wp && 'WP'].filter((mode) => mode !== false);
  return modes.length === 0 ? '0' : modes.map((mode) => `UFFDIO_REGISTER_MODE_${mode}`).join(' | ');
}

/** How its messages are answered. */
export function scriptText(script: Uffd, { scripts }: Needs): string {
  const fields = [];
  const { missingAnswers, minorAnswer, wpAnswer, delayUs } = script;
  if (scripts.some(({ missing }) => missing)) {
    fields.push(
      `.missing = { ${missingAnswers.map(answerName).join(', ')} }`,
      `.missing_count = ${missingAnswers.length}`,
    );
  }
  const answer = (none: boolean): string => (none ? 'NO_ANSWER' : 'GIVE_ANSWER');
  if (scripts.some(({ minor }) => minor)) fields.push(`.minor = ${answer(minorAnswer === 'none')}`);
  if (scripts.some(({ wp }) => wp)) fields.push(`.wp = ${answer(wpAnswer === 'none')}`);
  if (delayUs > 0) fields.push(`.delay_us = ${delayUs}`);
  return `(struct script){ ${fields.join(', ')} }`;
}

/** Features of userfaultfd that a registration on such memory needs. */
export function featuresOf(backing: Backing, { missing, minor, wp, missingAnswers }: Uffd): string[] {
  const { shared, hugetlb } = BACKING_INFO[backing];
  const names = [
    missing && hugetlb && 'MISSING_HUGETLBFS',
    missing && shared && !hugetlb && 'MISSING_SHMEM',
    missing && missingAnswers.includes('poison') && 'POISON',
    minor && (hugetlb ? 'MINOR_HUGETLBFS' : 'MINOR_SHMEM'),
    wp && 'PAGEFAULT_FLAG_WP',
    wp && (shared || hugetlb) && 'WP_HUGETLBFS_SHMEM',
  ];
  return names.filter((name) => name !== false).map((name) => `UFFD_FEATURE_${name}`);
}
