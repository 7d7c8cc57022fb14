import type { LoadedCase } from '../../../src/corpus/load.js';
import { parseStage2 } from '../../../src/scenario/parse.js';
import type { Step } from '../../../src/scenario/stage2/steps.js';

/** What of a step could be exported wrongly on its own. */
function stepTraits(step: Step): string[] {
  switch (step.kind) {
    case 'access':
      return [`${step.op} ${step.width}`, step.sweep > 1 ? 'sweep' : '', step.peer.region, `on ${step.region}`];
    case 'race':
      return [`race ${step.a.op} ${step.b.op}`];
    case 'pte':
      return [`pte ${step.level} ${step.by} ${step.flush ? 'flushed' : ''}`];
    case 'hole':
      return [`hole ${step.how} ${step.region}`];
    case 'uffd':
      return [`uffd ${step.action}`, ...('uffd' in step ? step.uffd.missingAnswers : [])];
    default:
      return [`${step.kind} ${step.action}`];
  }
}

function traits({ case: { scenario } }: LoadedCase): string[] {
  const { config, steps } = parseStage2(scenario);
  const regions = [config.pt, config.data, config.data2].flatMap((region) => (region === null ? [] : [region]));
  const memory = regions.flatMap(({ backing, flags, uffd }) => [
    backing,
    `${flags.log ? 'logged' : ''} ${flags.readonly ? 'readonly' : ''}`,
    ...(uffd === null
      ? []
      : [...uffd.missingAnswers, uffd.minor ? uffd.minorAnswer : '', uffd.wp ? uffd.wpAnswer : '']),
  ]);
  return [config.privilege, `${config.vcpus}`, config.dirtyTracking, ...memory, ...steps.flatMap(stepTraits)];
}

/** Cases that between them have every operation, kind of step, backing and answer that there is in all of them. */
export function representative(cases: readonly LoadedCase[]): LoadedCase[] {
  const seen = new Set<string>();
  const chosen: LoadedCase[] = [];
  for (const one of [...cases].sort((a, b) => traits(b).length - traits(a).length)) {
    const fresh = traits(one).filter((trait) => !seen.has(trait));
    if (fresh.length === 0) continue;
    chosen.push(one);
    for (const trait of fresh) seen.add(trait);
  }
  return chosen;
}
