import { BACKING_INFO } from '../backing.js';
import type { Backing, Stage2Config, Uffd } from '../config.js';
import { firstProblem, within, type Check, type Problem } from './check.js';

interface Registration {
  readonly uffd: Uffd;
  readonly backing: Backing;
}

function hasSomeMode({ uffd }: Registration): Problem | undefined {
  if (uffd.missing || uffd.minor || uffd.wp) return undefined;
  return { path: '', problem: 'a userfaultfd registration needs at least one of the modes missing, minor and wp' };
}

function minorNeedsSharedMemory({ uffd, backing }: Registration): Problem | undefined {
  if (!uffd.minor || BACKING_INFO[backing].shared) return undefined;
  return { path: '.minor', problem: `minor faults exist on shared memory only, and ${backing} is private` };
}

function noZeropageOnHugetlb({ uffd, backing }: Registration): Problem | undefined {
  const at = uffd.missingAnswers.indexOf('zeropage');
  if (at < 0 || !BACKING_INFO[backing].hugetlb) return undefined;
  return { path: `.missingAnswers[${at}]`, problem: `there is no zero page for ${backing}` };
}

function copyWpNeedsWp({ uffd }: Registration): Problem | undefined {
  const at = uffd.missingAnswers.indexOf('copy_wp');
  if (at < 0 || uffd.wp) return undefined;
  return { path: `.missingAnswers[${at}]`, problem: 'copy_wp needs the mode wp' };
}

/** A script of a mode that is off would have no effect, so it has only one spelling. */
function unusedScriptsAreDefault({ uffd }: Registration): Problem | undefined {
  if (!uffd.missing && (uffd.missingAnswers.length !== 1 || uffd.missingAnswers[0] !== 'copy')) {
    return { path: '.missingAnswers', problem: 'must be ["copy"] when the mode missing is off' };
  }
  if (!uffd.minor && uffd.minorAnswer !== 'continue') {
    return { path: '.minorAnswer', problem: 'must be "continue" when the mode minor is off' };
  }
  if (uffd.wp || uffd.wpAnswer === 'unprotect') return undefined;
  return { path: '.wpAnswer', problem: 'must be "unprotect" when the mode wp is off' };
}

const CHECKS: readonly Check<Registration>[] = [
  hasSomeMode,
  minorNeedsSharedMemory,
  noZeropageOnHugetlb,
  copyWpNeedsWp,
  unusedScriptsAreDefault,
];

/** What a userfaultfd registration of a region with this backing breaks, if anything. */
export function uffdProblem(uffd: Uffd, backing: Backing, config: Stage2Config): Problem | undefined {
  return within('.uffd', firstProblem(CHECKS, { uffd, backing }, config));
}

/** Huge pages are mapped from the start of the region, which therefore is 2 MiB aligned. */
export function noOffsetWithHugePages(region: {
  readonly backing: Backing;
  readonly offsetPages: number;
}): Problem | undefined {
  if (region.offsetPages === 0 || !BACKING_INFO[region.backing].huge) return undefined;
  return { path: '.offsetPages', problem: `must be 0 with the backing ${region.backing}` };
}
