import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Names that distributions give to the browser; `FAULTLINE_CHROMIUM` names another. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

function findBrowser(): string | undefined {
  const given = process.env['FAULTLINE_CHROMIUM'];
  const names = given === undefined ? NAMES : [given];
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

const browserName = findBrowser();

/** Why pages cannot be opened here; undefined when they can. */
export const browserMissing = browserName === undefined ? 'there is no chromium (apt-get install chromium)' : undefined;

export interface DevtoolsEvent {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A headless Chromium with one tab, spoken to through a pair of pipes (the DevTools protocol). */
export class Browser {
  readonly events: DevtoolsEvent[] = [];
  private readonly waiting = new Map<number, Waiting>();
  private session: string | undefined;
  private lastId = 0;
  private rest = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    const output = child.stdio[4] as Readable;
    output.setEncoding('utf8').on('data', (text: string) => {
      const messages = (this.rest + text).split('\0');
      this.rest = messages.pop() ?? '';
      for (const message of messages) this.receive(JSON.parse(message) as Answer);
    });
    child.once('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the browser has ended'));
    });
  }

  static async open(): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'faultline-browser-'));
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
    ];
    const child = spawn(browserName ?? 'chromium', flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const browser = new Browser(child, profile);
    const { targetId } = await browser.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const attached = await browser.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
    browser.session = attached.sessionId;
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** Sends a command, and waits for its result. */
  send<T = unknown>(method: string, params: object = {}): Promise<T> {
    const id = ++this.lastId;
    const sessionId = this.session;
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Opens a page and waits until it is loaded. */
  async goto(url: string): Promise<void> {
    this.events.length = 0;
    await this.send('Page.navigate', { url });
    while (
      (await this.evaluate('document.readyState')) !== 'complete' ||
      (await this.evaluate('location.href')) !== url
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.send<{
      result: { value: T };
      exceptionDetails?: { exception?: { description?: string }; text: string };
    }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    const { exceptionDetails } = answer;
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return answer.result.value;
  }

  async press(key: string, options: { readonly shift?: boolean } = {}): Promise<void> {
    const codes: Readonly<Record<string, number>> = { Tab: 9, Enter: 13, ArrowRight: 39, End: 35 };
    const event = {
      key,
      ...(key.length === 1 ? { text: key } : key === 'Enter' ? { text: '\r' } : {}),
      windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0),
      modifiers: options.shift === true ? 8 : 0,
    };
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  /** Screen of this size, in CSS pixels, and how the page is shown. */
  async emulate(width: number, height: number, scheme: 'light' | 'dark', media: '' | 'print' = ''): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { media, features });
  }

  /** A picture of the whole page, as PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send<{ data: string }>('Page.captureScreenshot', { captureBeyondViewport: true });
    return Buffer.from(data, 'base64');
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.session = undefined;
    this.send('Browser.close').catch(() => undefined);
    await ended;
    rmSync(this.profile, { recursive: true, force: true });
  }

  private receive({ id, method, params, result, error }: Answer): void {
    if (method !== undefined) this.events.push({ method, params: params ?? {} });
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (id === undefined || waiting === undefined) return;
    this.waiting.delete(id);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error.message));
  }
}
