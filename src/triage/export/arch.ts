import type { Fragment } from './fragment.js';
import type { Needs } from './needs.js';
import type { ExportRequest } from './request.js';
import type { Shape } from './shape.js';
import type { ArchStatements } from './steps.js';

/** All that is different between architectures. */
export interface ExportArch {
  /** Every fragment, in the order of the file. */
  library(request: ExportRequest, needs: Needs, regions: string, setUp: string): readonly Fragment[];
  readonly statements: ArchStatements;
  /** Statements of `set_up` between the VM's creation and its memory. */
  machine(request: ExportRequest, needs: Needs): readonly string[];
  readonly ringCapability: string;
  /** Guest-virtual address of a region's first page. */
  gva(shape: Shape): number;
  readonly noneGva: number;
}
