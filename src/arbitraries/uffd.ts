import fc from 'fast-check';
import { PAGE_STATES, UFFD_SCHEMA, type PageState, type UffdConfig, type UffdScenario } from '../scenario/uffd.js';
import type { UffdFeature } from '../scenario/uffd/features.js';
import { firstDroppedWp } from '../scenario/uffd/droppedWp.js';
import { UFFD_MAX_PAGES, UFFD_MAX_STEPS } from '../scenario/uffd/layout.js';
import { MAX_HUGE_PAGES, MEMORY, MEMORY_KINDS, type Memory } from '../scenario/uffd/memory.js';
import type { UffdProfile } from '../scenario/uffd/profile.js';
import { bag, Dice } from './stage2/dice.js';
import type { UffdDraft } from './uffd/draft.js';
import { addMotif, registerAll } from './uffd/motifs.js';
import { simplifyUffd } from './uffd/simplify.js';

/** One scenario in this many asks for what the machine lacks, so that skips are exercised too. */
const ASK_ANYWAY_ONE_IN = 1000;

/**
 * On hugetlb a protection that a registration leaves behind makes threads spin until the deadline. One such scenario in this many is
 * kept: each costs as much time as thousands of others.
 */
const SPIN_ONE_IN = 20;

const KIND_WEIGHTS: Readonly<Record<Memory, number>> = {
  anon: 5,
  shmem: 4,
  shmem_private: 3,
  hugetlb: 1,
  hugetlb_private: 1,
};

/** A fork of a process of this size takes ten times as long as everything else in a scenario. */
const FORKS_PERCENT = 3;
/** Of scenarios that fork. */
const EVENT_FORK_PERCENT = 65;

/** Features that change what a scenario shows, with the percentage of scenarios that ask for them. */
const FEATURE_PERCENT: Readonly<Partial<Record<UffdFeature, number>>> = {
  sigbus: 7,
  exact_address: 15,
  wp_unpopulated: 25,
  wp_async: 10,
  event_remove: 15,
};

class UffdArbitrary extends fc.Arbitrary<UffdScenario> {
  private readonly supported: readonly [Memory, ...Memory[]];
  private readonly everything = weighted(MEMORY_KINDS);

  constructor(private readonly profile: UffdProfile) {
    super();
    this.supported = weighted(MEMORY_KINDS.filter((kind) => canHave(profile, kind)));
  }

  override generate(random: fc.Random): fc.Value<UffdScenario> {
    const dice = new Dice(random);
    const anyway = dice.once(ASK_ANYWAY_ONE_IN);
    const forks = dice.percent(FORKS_PERCENT);
    const config = this.config(dice, anyway, forks);
    const draft: UffdDraft = { dice, config, forks, steps: [], hot: dice.below(config.content.length) };
    const wanted = dice.percent(50) && !forks ? dice.between(1, 6) : dice.between(3, UFFD_MAX_STEPS);
    if (dice.percent(92)) registerAll(draft);
    while (draft.steps.length < wanted) addMotif(draft);
    const steps = draft.steps.slice(0, UFFD_MAX_STEPS);
    return new fc.Value(this.sparing(dice, { schema: UFFD_SCHEMA, family: 'uffd', config, steps }), undefined);
  }

  /** Mostly ends a scenario before what makes threads spin on this machine. */
  private sparing(dice: Dice, scenario: UffdScenario): UffdScenario {
    if (!MEMORY[scenario.config.memory].hugetlb || !this.profile.dropsWp) return scenario;
    const dropped = firstDroppedWp(scenario);
    if (dropped === undefined || dice.once(SPIN_ONE_IN)) return scenario;
    return { ...scenario, steps: scenario.steps.slice(0, dropped) };
  }

  private config(dice: Dice, anyway: boolean, forks: boolean): UffdConfig {
    const { features } = this.profile;
    const memory = dice.pick(anyway ? this.everything : this.supported);
    const asked = (Object.entries(FEATURE_PERCENT) as [UffdFeature, number][])
      .filter(([name, percent]) => dice.percent(percent) && (anyway || features[name]))
      .map(([name]) => name);
    if (forks && dice.percent(EVENT_FORK_PERCENT) && (anyway || features.event_fork)) asked.push('event_fork');
    const device = dice.percent(15) && (anyway || features.device);
    const open = device ? 'device' : dice.percent(10) ? 'user_mode_only' : 'syscall';
    return { memory, open, features: asked, content: contentOf(dice, memory) };
  }

  override canShrinkWithoutContext(value: unknown): value is UffdScenario {
    return typeof value === 'object' && value !== null && 'schema' in value && value.schema === UFFD_SCHEMA;
  }

  override shrink(scenario: UffdScenario): fc.Stream<fc.Value<UffdScenario>> {
    const simpler = simplifyUffd(scenario)[Symbol.iterator]();
    return fc.stream(simpler).map((candidate) => new fc.Value(candidate, undefined));
  }
}

function weighted(kinds: readonly Memory[]): [Memory, ...Memory[]] {
  return bag(...kinds.map((kind) => [kind, KIND_WEIGHTS[kind]] as const));
}

function canHave({ features }: UffdProfile, kind: Memory): boolean {
  return !MEMORY[kind].hugetlb || features.hugePages;
}

function contentOf(dice: Dice, memory: Memory): PageState[] {
  const { file, hugetlb } = MEMORY[memory];
  const states = file ? PAGE_STATES : (['hole', 'mapped'] as const);
  const most = hugetlb ? MAX_HUGE_PAGES : UFFD_MAX_PAGES;
  const pages = dice.percent(75) ? dice.between(1, Math.min(4, most)) : dice.between(1, most);
  const holes = dice.pick([10, 50, 90] as const);
  return Array.from({ length: pages }, () => (dice.percent(holes) ? 'hole' : dice.pick(states)));
}

/** Scenarios that this machine can mostly execute, each of them valid, with an eye on steps that interact. */
export function uffdArbitrary(profile: UffdProfile): fc.Arbitrary<UffdScenario> {
  return new UffdArbitrary(profile);
}
