/** Asks a campaign to end early. */
export class StopRequest {
  requested = false;
  readonly promise: Promise<void>;
  private resolve: () => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  request(): void {
    this.requested = true;
    this.resolve();
  }
}
