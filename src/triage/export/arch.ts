import type { Levels, Row } from './common/events.js';
import type { StubText } from './common/memory.js';
import type { MovedText } from './expected.js';
import type { Fragment } from './fragment.js';
import type { Needs, OpTraits } from './needs.js';
import type { Shape } from './shape.js';
import type { ArchStatements } from './steps.js';

/** The pieces of C of an architecture, by their places in the file. */
export interface ArchFragments {
  /** Numbers of the machine and of its address spaces. */
  readonly layout: readonly Fragment[];
  /** How the ends of instructions are expected. */
  readonly expectations: readonly Fragment[];
  /** The vCPUs and the guest's code. */
  readonly guest: readonly Fragment[];
  /** Page tables, and the virtual machine with what every vCPU of it needs. */
  readonly tables: readonly Fragment[];
  readonly running: readonly Fragment[];
  readonly vcpuSetUp: readonly Fragment[];
}

/** All that is different between architectures. */
export interface ExportArch {
  readonly ops: OpTraits;
  /** Events of instructions. */
  readonly rows: readonly Row[];
  readonly levels: Levels;
  readonly stub: StubText;
  readonly ringCapability: string;
  readonly noneGva: number;
  /** Guest-virtual address of a region's first page. */
  gva(shape: Shape): bigint | number;
  readonly statements: ArchStatements;
  readonly moved: MovedText;
  /** Statements of `set_up` between the VM's creation and its memory. */
  machine(needs: Needs): readonly string[];
  fragments(needs: Needs): ArchFragments;
}
