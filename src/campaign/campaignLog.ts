import { pino } from 'pino';

/** What happens in a campaign, event by event, for people who look for the reason of something. */
export class CampaignLog {
  private readonly file;
  private readonly log;

  constructor(path: string) {
    // Synchronous: a kill loses no line, and there are few.
    this.file = pino.destination({ dest: path, sync: true });
    // The disk is full: the campaign matters more than its log.
    this.file.on('error', () => undefined);
    this.log = pino({ base: null }, this.file);
  }

  info(event: string, facts: object): void {
    this.log.info(facts, event);
  }

  warn(event: string, facts: object): void {
    this.log.warn(facts, event);
  }

  end(): void {
    this.file.end();
  }
}
