import type { Expectation, ExpectedPage, Outcome, StepExpectation } from '../expectation.js';
import type { Stage2Profile } from '../../scenario/profile.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';
import type { Step } from '../../scenario/stage2/steps.js';
import { startRun, stepAccess, stepPte, type ArchRun } from './dispatch.js';
import { stepRace } from './race.js';
import { Docket, R, STAGE2_RULES, type BookRule } from './rules/index.js';
import type { Run } from './run.js';
import { skipReason, WRONG_ARCH } from './skips.js';
import { pagesOfUnit, type RegionState } from './state.js';
import { stepDirtyLog } from './steps/dirtyLog.js';
import { stepHole } from './steps/hole.js';
import { expectChild, stepHost } from './steps/host.js';
import { stepMemslot } from './steps/memslot.js';
import { stepUffd } from './steps/uffd.js';

const NOTHING: StepExpectation = { outcomes: [{ events: [], anyUserfaults: false }] };

/** Interprets one step. The events that it predicts are in `run.events`, or returned where there are several ways. */
function interpret(run: ArchRun, step: Step): readonly Outcome[] | undefined {
  switch (step.kind) {
    case 'access':
      return stepAccess(run, step);
    case 'race':
      return stepRace(run, step);
    case 'hole':
      stepHole(run, step);
      return undefined;
    case 'pte':
      stepPte(run, step);
      return undefined;
    case 'memslot':
      stepMemslot(run, step);
      return undefined;
    case 'dirtyLog':
      stepDirtyLog(run, step);
      return undefined;
    case 'host':
      stepHost(run, step);
      return undefined;
    case 'uffd':
      stepUffd(run, step);
      return undefined;
  }
}

/** The expectation of a step after the run has lost track. */
function openStep(run: Run): StepExpectation | undefined {
  if (!run.machine.lost) return undefined;
  return run.docket.holds(R.lost) ? { outcomes: [], unspecified: run.openRule ?? R.lost.id } : NOTHING;
}

function predictStep(run: ArchRun, step: Step): StepExpectation {
  const open = openStep(run);
  if (open !== undefined) return open;
  run.events = [];
  run.machine.tick++;
  const outcomes = interpret(run, step) ?? [{ events: run.events, anyUserfaults: false }];
  return openStep(run) ?? { outcomes };
}

function predictEnd(run: Run): StepExpectation {
  const open = openStep(run);
  if (open !== undefined) return open;
  run.events = [];
  if (run.machine.forked) expectChild(run);
  expectPoison(run);
  if (run.events.length === 0) return NOTHING;
  return { outcomes: [{ events: run.events, anyUserfaults: false }] };
}

function isPoisoned(region: RegionState): boolean {
  for (const unit of region.units.values()) if (unit.poisoned) return true;
  return false;
}

/** The driver cannot read a poisoned page at the end. */
function expectPoison(run: Run): void {
  for (const name of ['pt', 'data', 'data2'] as const) {
    const region = run.machine.regions[name];
    if (region === undefined || !isPoisoned(region)) continue;
    for (const [index, unit] of [...region.units].sort(([a], [b]) => a - b)) {
      if (!unit.poisoned) continue;
      if (!run.docket.holds(R.hostSignal)) continue;
      for (const page of region.huge ? pagesOfUnit(region, 0) : [index]) {
        run.events.push({ kind: 'sigbus', rule: R.hostSignal.id, vcpu: 'host', region: name, page });
      }
    }
  }
}

/** Pages that may differ from their initial fill at the end. */
function finalPages(run: Run): ExpectedPage[] {
  const pages: ExpectedPage[] = [];
  for (const name of ['pt', 'data', 'data2'] as const) {
    const region = run.machine.regions[name];
    if (region === undefined) continue;
    for (const [page, content] of region.content) {
      const unit = region.units.get(region.huge ? 0 : page);
      if (unit?.poisoned === true) continue;
      const present = unit?.presence !== 'hole';
      const asItWas = name !== 'pt' || run.docket.holds(R.otherEntries);
      if (present && content.pristine && asItWas) continue;
      const rule = name === 'pt' ? R.otherEntries.id : present ? R.storeContent.id : R.holeZeroes.id;
      pages.push({
        rule,
        region: name,
        page,
        bases: present && asItWas ? content.bases : ['zero'],
        words: present ? content.written : new Map(),
        fill: content.fill,
      });
    }
    addHoles(run, name, pages);
  }
  return pages;
}

/** Dropped pages that nothing has read since: they are zero, whatever they held. */
function addHoles(run: Run, name: 'pt' | 'data' | 'data2', pages: ExpectedPage[]): void {
  const region = run.machine.region(name);
  for (const [index, unit] of region.units) {
    if (unit.presence !== 'hole' || unit.poisoned) continue;
    const last = region.huge ? region.pages : index + 1;
    for (let page = region.huge ? 0 : index; page < last; page++) {
      if (region.content.has(page)) continue;
      const fill = region.initialContent(page).fill;
      pages.push({ rule: R.holeZeroes.id, region: name, page, bases: ['zero'], words: new Map(), fill });
    }
  }
}

/** Pages that nothing wrote are zero at the end, which no kernel does. */
function forgetUntouched(run: Run, pages: ExpectedPage[]): void {
  const region = run.machine.region('data');
  for (let page = 0; page < region.pages; page++) {
    if (pages.some((one) => one.region === 'data' && one.page === page)) continue;
    const { fill } = region.initialContent(page);
    pages.push({ rule: R.untouched.id, region: 'data', page, bases: ['zero'], words: new Map(), fill });
  }
}

/**
 * Predicts what a machine with this profile must and may show for a scenario.
 *
 * @param broken a rule that is taken not to hold: a planted fault of the model.
 */
export function predictStage2(scenario: Stage2Scenario, profile: Stage2Profile, broken?: BookRule): Expectation {
  const docket = new Docket(broken);
  const run = startRun(scenario, profile, docket);
  if (run === undefined) return new Prediction(WRONG_ARCH[profile.arch], [], NOTHING, [], false, docket);
  const skip = skipReason(scenario, profile);
  const steps = skip === undefined ? scenario.steps.map((step) => predictStep(run, step)) : [];
  const end = predictEnd(run);
  const pages = run.machine.lost || skip !== undefined ? [] : finalPages(run);
  if (!run.machine.lost && !docket.holds(R.untouched)) forgetUntouched(run, pages);
  return new Prediction(skip, steps, end, pages, run.machine.lost, docket);
}

/** The expectation of one prediction. A class: an object literal with a getter gets a hidden class of its own each time. */
class Prediction implements Expectation {
  readonly untouchedRule = R.untouched.id;

  constructor(
    readonly skip: string | undefined,
    readonly steps: readonly StepExpectation[],
    readonly end: StepExpectation,
    readonly pages: readonly ExpectedPage[],
    readonly openPages: boolean,
    private readonly docket: Docket,
  ) {}

  get decided(): ReadonlyMap<string, number> {
    return this.docket.decided();
  }

  get decisions(): readonly number[] {
    return this.docket.counts;
  }
}

/** The rule with an id, for planted faults. */
export function stage2Rule(id: string): BookRule | undefined {
  return STAGE2_RULES.find((rule) => rule.id === id);
}
