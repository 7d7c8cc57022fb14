import { describe, expectTypeOf, test } from 'vitest';
import type {
  Access,
  DirtyLog,
  Host,
  Memslot,
  Pte,
  Race,
  Stage2Scenario,
  X86Scenario,
  ArmScenario,
  Step,
  Uffd,
} from '../../src/scenario/stage2.js';

/** Scenarios that cannot be must not compile. */
describe('the types refuse', () => {
  test('a scenario of another version, family or architecture', () => {
    expectTypeOf<Stage2Scenario['schema']>().toEqualTypeOf<1>();
    expectTypeOf<Stage2Scenario['family']>().toEqualTypeOf<'stage2'>();
    expectTypeOf<Stage2Scenario['arch']>().toEqualTypeOf<'x86_64' | 'aarch64'>();
  });

  test('a configuration of the other architecture', () => {
    expectTypeOf<ArmScenario['config']>().not.toExtend<X86Scenario['config']>();
    expectTypeOf<X86Scenario['config']>().not.toExtend<ArmScenario['config']>();
    expectTypeOf<{ arch: 'aarch64'; config: X86Scenario['config'] }>().not.toExtend<Stage2Scenario>();
  });

  test('an unknown operation or width', () => {
    expectTypeOf<'jump'>().not.toExtend<Access['op']>();
    expectTypeOf<3>().not.toExtend<Access['width']>();
  });

  test('a third vCPU', () => {
    expectTypeOf<Access['vcpu']>().toEqualTypeOf<0 | 1>();
    expectTypeOf<Stage2Scenario['config']['vcpus']>().toEqualTypeOf<1 | 2>();
  });

  test('an access to the page tables, which only a pte step edits', () => {
    expectTypeOf<'pt'>().not.toExtend<Access['region']>();
    expectTypeOf<'pt'>().not.toExtend<Pte['region']>();
  });

  test('a peer in scratch memory at an address', () => {
    expectTypeOf<{ region: 'data' }>().not.toExtend<Access['peer']>();
    expectTypeOf<{ region: 'scratch' }>().toExtend<Access['peer']>();
    expectTypeOf<Extract<Access['peer'], { region: 'scratch' }>>().toEqualTypeOf<{ region: 'scratch' }>();
  });

  test('deleting or moving the slot of the page tables', () => {
    type ByAction<A extends Memslot['action']> = Extract<Memslot, { action: A }>['region'];
    expectTypeOf<'pt'>().not.toExtend<ByAction<'delete'>>();
    expectTypeOf<'pt'>().not.toExtend<ByAction<'create'>>();
    expectTypeOf<'pt'>().not.toExtend<ByAction<'move'>>();
    expectTypeOf<'pt'>().toExtend<ByAction<'log'>>();
    expectTypeOf<'pt'>().toExtend<ByAction<'replace'>>();
  });

  test('a slot in MMIO space', () => {
    expectTypeOf<'none'>().not.toExtend<Memslot['region']>();
    expectTypeOf<'none'>().not.toExtend<Extract<Step, { kind: 'hole' }>['region']>();
  });

  test('a range for a step that has none', () => {
    expectTypeOf<Extract<DirtyLog, { action: 'get' }>>().not.toHaveProperty('page');
    expectTypeOf<Extract<DirtyLog, { action: 'harvest' }>>().not.toHaveProperty('region');
    expectTypeOf<Extract<Host, { action: 'fork' }>>().not.toHaveProperty('page');
  });

  test('a race of anything but accesses', () => {
    expectTypeOf<Race['a']>().toEqualTypeOf<Access>();
    expectTypeOf<Extract<Step, { kind: 'hole' }>>().not.toExtend<Race['b']>();
  });

  test('an answer that its kind of fault does not have', () => {
    expectTypeOf<'continue'>().not.toExtend<Uffd['missingAnswers'][number]>();
    expectTypeOf<'copy'>().not.toExtend<Uffd['minorAnswer']>();
    expectTypeOf<'continue'>().not.toExtend<Uffd['wpAnswer']>();
  });

  test('a step without a kind, or with fields of another kind', () => {
    // @ts-expect-error a hole has no flag
    const withFlag: Step = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'free', flag: 'dirty' };
    // @ts-expect-error an edit by neither the guest nor the host
    const byNobody: Pte['by'] = 'nobody';
    // @ts-expect-error a memslot is moved home or away, nowhere else
    const elsewhere: Memslot = { kind: 'memslot', region: 'data', action: 'move', to: 'elsewhere' };
    expectTypeOf(withFlag).toExtend<Step>();
    expectTypeOf(byNobody).toBeString();
    expectTypeOf(elsewhere).toExtend<Memslot>();
  });
});
