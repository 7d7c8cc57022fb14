/** The campaign cannot go on by a fault of the tool or its surroundings. One sentence. */
export class CampaignError extends Error {
  override readonly name = 'CampaignError';

  constructor(
    message: string,
    /** The target lacks something; the message says how to mend it. */
    readonly missing = false,
  ) {
    super(message);
  }
}
