import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Resident memory of one process in bytes; 0 once it is gone. */
export function rssBytes(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Follows the resident memory of the supervisor and its workers together. */
export class MemoryWatch {
  private start = 0;
  private peak = 0;
  private end = 0;

  /** Without workers there is nothing to compare with: the campaign is over. */
  sample(workers: readonly number[]): void {
    if (workers.length === 0 && this.start > 0) return;
    const sum = [process.pid, ...workers].reduce((total, pid) => total + rssBytes(pid), 0);
    if (this.start === 0) this.start = sum;
    this.peak = Math.max(this.peak, sum);
    this.end = sum;
  }

  summary(): { start: number; peak: number; end: number } {
    const { start, peak, end } = this;
    return { start, peak, end };
  }
}
