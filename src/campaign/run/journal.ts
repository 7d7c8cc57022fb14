import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { errnoSentence } from '../../util/errno.js';
import { formatRecord } from './journalText.js';
import type { JournalRecord } from './records.js';

/**
 * Appends records to a journal. A record that cannot be written is told once and left out; later ones are tried again, and since
 * totals are sums from the beginning, nothing is missing once the disk has room.
 */
export class Journal {
  private readonly descriptor: number;
  /** The end of the file may be a part of a line. */
  private torn = false;
  private failing = false;
  private syncing = false;
  private behind = false;
  private closing = false;

  /**
   * @param length bytes of the journal that are to stay; what is behind them was torn by a kill.
   * @param onProblem told in one sentence when records begin to be lost, and when they are written again.
   */
  constructor(
    file: string,
    private length: number,
    private readonly onProblem: (sentence: string) => void,
  ) {
    this.descriptor = openSync(file, 'a', 0o644);
    this.cut();
  }

  /** On the disk soon. False: it could not be written. */
  append(record: JournalRecord): boolean {
    try {
      this.write(record);
    } catch (error) {
      this.fail(error);
      return false;
    }
    this.syncSoon();
    return true;
  }

  /**
   * On the disk when it returns.
   *
   * @throws the error of the file system.
   */
  appendDurably(record: JournalRecord): void {
    try {
      this.write(record);
      fdatasyncSync(this.descriptor);
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  close(): void {
    this.closing = true;
    if (!this.syncing) closeSync(this.descriptor);
  }

  private write(record: JournalRecord): void {
    // A part of a line that could not be cut off becomes a line of its own.
    const bytes = Buffer.from(this.torn ? `\n${formatRecord(record)}` : formatRecord(record));
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.descriptor, bytes, written);
    } catch (error) {
      if (written > 0) this.cut();
      throw error;
    }
    this.torn = false;
    this.length += bytes.length;
    if (this.failing) this.onProblem('the journal can be written again');
    this.failing = false;
  }

  private cut(): void {
    try {
      ftruncateSync(this.descriptor, this.length);
    } catch {
      this.torn = this.length > 0;
    }
  }

  private fail(error: unknown): void {
    if (this.failing) return;
    this.failing = true;
    this.onProblem(
      `the journal cannot be written: ${errnoSentence(error)}; the campaign goes on, and if it is killed, what comes now is executed again`,
    );
  }

  /** One at a time, beside the campaign: a disk may take longer for it than a shard does. */
  private syncSoon(): void {
    this.behind = true;
    if (this.syncing) return;
    this.syncing = true;
    this.behind = false;
    fdatasync(this.descriptor, () => {
      this.syncing = false;
      if (this.closing) closeSync(this.descriptor);
      else if (this.behind) this.syncSoon();
    });
  }
}
