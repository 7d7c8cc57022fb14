/** Steps of a scenario as the statements that take them. */
import type { StepExpectation } from '../../model/expectation.js';
import { PAGE_SIZE } from '../../scenario/stage2/layout.js';
import type { Access, DirtyLog, Hole, Host, Pte, SlotRegion, Step, UffdStep } from '../../scenario/stage2/steps.js';
import { folded } from './loops.js';
import type { Needs } from './needs.js';
import { NotExportable } from './request.js';
import { modesText, scriptText } from './scripts.js';
import { coveredRange, type Shape } from './shape.js';
import { Slots } from './slots.js';
import { call } from './text.js';
import { hexText, regionText } from './values.js';

/** What an architecture adds to the statements. */
export interface ArchStatements {
  /** One access of a sweep, with `indent` tabs. */
  access(access: Access, page: number, indent: number, base: number | undefined): readonly string[];
  /** Reads the entries that map what it touched. */
  entries(access: Access, page: number, indent: number, base: number | undefined): readonly string[];
  race(a: Access, b: Access): readonly string[];
  pte(step: Pte): readonly string[];
}

/** Rule of the driver's own refusals: no call is made. */
const REFUSED = 'host.nothing-to-do';

export class Statements {
  private readonly slots: Slots;

  constructor(
    private readonly needs: Needs,
    private readonly shapes: readonly Shape[],
    private readonly arch: ArchStatements,
  ) {
    this.slots = new Slots(shapes);
  }

  /** The statements of a step. */
  lines(step: Step, expectation: StepExpectation): readonly string[] {
    if (refused(expectation))
      return ['\t/* There is nothing to act on, so no call is made. */', '\trecord_value(-1, errno = EINVAL);'];
    switch (step.kind) {
      case 'access':
        return this.access(step, expectation);
      case 'race':
        return this.arch.race(step.a, step.b);
      case 'hole':
        return this.hole(step);
      case 'pte':
        return this.arch.pte(step);
      case 'memslot':
        return this.slots.lines(step, expectation);
      case 'dirtyLog':
        return this.dirtyLog(step);
      case 'host':
        return this.host(step);
      case 'uffd':
        return this.uffd(step);
    }
  }

  private access(access: Access, { outcomes }: StepExpectation): string[] {
    const reads = outcomes.some(({ events }) => events.some(({ kind }) => kind === 'ptes'));
    const pages = Array.from({ length: access.sweep }, (_, i) => access.page + i);
    const items = pages.map((page) => ({
      page,
      lines: (indent: number, base: number | undefined): readonly string[] => [
        ...this.arch.access(access, page, indent, base),
        ...(reads ? this.arch.entries(access, page, indent, base) : []),
      ],
    }));
    return folded(items, 1);
  }

  private shape(region: SlotRegion): Shape {
    const shape = this.shapes.find(({ name }) => name === region);
    if (shape === undefined) throw new NotExportable(`the scenario has no region ${region}`);
    return shape;
  }

  private hole(step: Hole): string[] {
    const shape = this.shape(step.region);
    const region = regionText(step.region);
    const { page, bytes } = coveredRange(shape, step);
    const size = sizeText(bytes);
    if (step.how === 'punch') {
      const offset = hexText((shape.offsetPages + page) * PAGE_SIZE);
      const mode = 'FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE';
      return [`\trecord_result(fallocate(regions[${region}].fd, ${mode}, ${offset}, ${size}));`];
    }
    const advice = { dontneed: 'MADV_DONTNEED', remove: 'MADV_REMOVE', free: 'MADV_FREE' }[step.how];
    return [`\trecord_result(madvise(at(${region}, ${page}), ${size}, ${advice}));`];
  }

  private dirtyLog(step: DirtyLog): string[] {
    switch (step.action) {
      case 'get':
        return [`\tget_dirty_log(${regionText(step.region)});`];
      case 'clear': {
        const first = Math.floor(step.page / 64) * 64;
        const slotPages = this.shape(step.region).bytes / PAGE_SIZE;
        const end = Math.min(Math.ceil((step.page + step.pages) / 64) * 64, slotPages);
        return [`\tclear_dirty_log(${regionText(step.region)}, ${first}, ${end - first});`];
      }
      case 'harvest':
        return ['\tharvest_dirty_rings();'];
      case 'reset':
        return ['\treset_dirty_rings();'];
    }
  }

  private host(step: Host): string[] {
    switch (step.action) {
      case 'read':
        return [`\thost_read(${regionText(step.region)}, ${step.page}, ${hexText(step.offset)});`];
      case 'write':
        return [`\thost_write(${regionText(step.region)}, ${step.page}, ${hexText(step.offset)}, ${step.value});`];
      case 'mprotect': {
        const { page, bytes } = coveredRange(this.shape(step.region), step);
        const prot = { none: 'PROT_NONE', read: 'PROT_READ', read_write: 'PROT_READ | PROT_WRITE' }[step.prot];
        return [`\trecord_result(mprotect(at(${regionText(step.region)}, ${page}), ${sizeText(bytes)}, ${prot}));`];
      }
      case 'fork':
        return ['\trecord_result(fork_child());'];
      case 'release':
        return ['\trelease_child();'];
    }
  }

  private uffd(step: UffdStep): string[] {
    const region = regionText(step.region);
    switch (step.action) {
      case 'register':
        return call(
          'record_result',
          [`uffd_register(${region}, ${modesText(step.uffd)}, ${scriptText(step.uffd, this.needs)})`],
          1,
        );
      case 'unregister':
        return [`\trecord_result(uffd_unregister(${region}));`];
      case 'answers':
        return [`\tscripts[${region}] = ${scriptText(step.uffd, this.needs)};`, '\trecord_result(0);'];
      case 'protect':
      case 'unprotect': {
        const { page, bytes } = coveredRange(this.shape(step.region), step);
        const on = step.action === 'protect' ? 'true' : 'false';
        return [`\trecord_result(uffd_protect(at(${region}, ${page}), ${sizeText(bytes)}, ${on}));`];
      }
    }
  }
}

function refused({ outcomes }: StepExpectation): boolean {
  return outcomes.some(({ events }) => events.some((event) => 'rule' in event && event.rule === REFUSED));
}

function sizeText(bytes: number): string {
  return bytes === PAGE_SIZE ? 'PAGE' : bytes % (512 * PAGE_SIZE) === 0 ? 'HUGE_PAGE' : `${bytes / PAGE_SIZE} * PAGE`;
}
