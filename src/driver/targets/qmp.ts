import type { Duplex } from 'node:stream';
import * as v from 'valibot';

/** QEMU's monitor refused a command, or is gone. */
export class QmpError extends Error {
  override readonly name = 'QmpError';
}

const Message = v.union([
  v.object({ return: v.unknown() }),
  v.object({ error: v.object({ desc: v.string() }) }),
  // The greeting and events, which nothing here waits for.
  v.object({}),
]);

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: QmpError) => void;
}

/** QEMU's monitor: commands are answered in the order in which they were sent. */
export class Qmp {
  private readonly waiting: Waiting[] = [];
  private text = '';

  constructor(private readonly socket: Duplex) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.take(text);
    });
    socket.on('error', () => {
      this.end();
    });
    socket.on('close', () => {
      this.end();
    });
  }

  /** Leaves the monitor's first mode, in which it takes no other command. */
  async open(): Promise<void> {
    await this.command('qmp_capabilities');
  }

  /**
   * Executes a command.
   *
   * @returns what QEMU returns.
   * @throws {QmpError} in QEMU's words, or when QEMU has ended.
   */
  command(execute: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) {
        reject(new QmpError('QEMU has ended'));
        return;
      }
      this.waiting.push({ resolve, reject });
      this.socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    });
  }

  /** The `status` that a query returns. */
  async status(query: 'query-status' | 'query-migrate'): Promise<string> {
    return v.parse(v.object({ status: v.optional(v.string(), 'none') }), await this.command(query)).status;
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    const lines = (this.text + text).split('\n');
    this.text = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.trim() !== '')) {
      const message = v.parse(Message, JSON.parse(line));
      if ('error' in message) this.waiting.shift()?.reject(new QmpError(message.error.desc));
      else if ('return' in message) this.waiting.shift()?.resolve(message.return);
    }
  }

  private end(): void {
    for (const { reject } of this.waiting.splice(0)) reject(new QmpError('QEMU has ended'));
  }
}
