import { pino } from 'pino';

/** What happens in a campaign, event by event, for people who look for the reason of something. */
export class CampaignLog {
  private readonly file;
  private readonly log;
  private ended = false;

  constructor(path: string) {
    // Synchronous: a kill loses no line, and there are few.
    this.file = pino.destination({ dest: path, sync: true });
    // The disk is full: the campaign matters more than its log.
    this.file.on('error', () => undefined);
    this.log = pino({ base: null }, this.file);
  }

  info(event: string, facts: object): void {
    if (!this.ended) this.log.info(facts, event);
  }

  warn(event: string, facts: object): void {
    if (!this.ended) this.log.warn(facts, event);
  }

  /** What a worker still tells on its way out is dropped. */
  end(): void {
    this.ended = true;
    this.file.end();
  }
}
