/** Which families can be written as C. */
import { exportC } from './exportC.js';
import { exportMail, type MailRequest } from './mail.js';
import { NotExportable, type ExportRequest } from './request.js';

/** A request whose scenario, expectation and profile are those of some family. */
export type Opaque<R extends ExportRequest> = Omit<R, 'scenario' | 'expectation' | 'profile'> & {
  readonly scenario: unknown;
  readonly expectation: unknown;
  readonly profile: unknown;
};

/** Writes cases of one family. Each throws {@link NotExportable}. */
export interface Exporter {
  c(request: Opaque<ExportRequest>): string;
  mail(request: Opaque<MailRequest>): string;
}

const STAGE2: Exporter = {
  c: (request) => exportC(request as ExportRequest),
  mail: (request) => exportMail(request as MailRequest),
};

/** Whether cases of a family can be written as C. */
export function isExportable(family: string): boolean {
  return family === 'stage2';
}

/** @throws {NotExportable} when cases of the family cannot be written as C. */
export function exporterOf(family: string): Exporter {
  if (isExportable(family)) return STAGE2;
  throw new NotExportable(`cases of the family ${family} cannot be written as C; those of stage2 can`);
}
