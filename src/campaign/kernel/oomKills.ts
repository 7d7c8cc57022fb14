import { readFileSync, readlinkSync } from 'node:fs';
import { Kmsg } from './kmsg.js';

/** Kills that are remembered until somebody asks. */
const REMEMBERED = 256;

/** What the kernel prints for each process that it kills, for the whole machine or for a memory cgroup (mm/oom_kill.c). */
const KILLED = /\b[Oo]ut of memory.*: Killed process (\d+) /;

/** The first namespace of process numbers, the one of the kernel log (PROC_PID_INIT_INO). */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/** Where the kernel counts its kills for want of memory, by the version of the cgroup interface. */
const COUNTERS = [
  { line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m, mount: '/sys/fs/cgroup/memory', file: 'memory.oom_control' },
  { line: /^0::(.*)$/m, mount: '/sys/fs/cgroup', file: 'memory.events' },
] as const;

/**
 * Tells a process that the kernel killed because memory ran out from one that somebody else sent a SIGKILL: by the kernel log,
 * or, where that cannot be read or knows the process by another number, by the count of this process's memory cgroup.
 */
export class OomKills {
  private readonly byPid = new Map<number, string>();
  private counted: number | undefined;
  /** The log tells who was killed: then others' deaths are not taken for that of the process in question. */
  private readonly named: boolean;

  constructor(
    private readonly log = new Kmsg(),
    private readonly count = countOf,
    ownNumbers = hasNumbersOfItsOwn(),
  ) {
    this.counted = count();
    this.named = log.problem === undefined && !ownNumbers;
  }

  /** What the kernel says about having killed this process; undefined: nothing. */
  about(pid: number): string | undefined {
    this.read();
    const before = this.counted;
    this.counted = this.count();
    const line = this.byPid.get(pid);
    if (line !== undefined) return line;
    if (this.named || before === undefined || this.counted === undefined) return undefined;
    return this.counted > before ? 'the memory cgroup has counted a kill for want of memory' : undefined;
  }

  close(): void {
    this.log.close();
  }

  private read(): void {
    for (let record = this.log.read(); record !== undefined; record = this.log.read()) {
      const line = record.slice(record.indexOf(';') + 1).split('\n', 1)[0] ?? '';
      const [, pid] = KILLED.exec(line) ?? [];
      if (pid === undefined) continue;
      this.byPid.delete(Number(pid));
      this.byPid.set(Number(pid), line);
      for (const old of this.byPid.keys()) {
        if (this.byPid.size <= REMEMBERED) break;
        this.byPid.delete(old);
      }
    }
  }
}

/** Whether processes have other numbers here than in the kernel log, as in a container. */
function hasNumbersOfItsOwn(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') !== FIRST_PID_NAMESPACE;
  } catch {
    return false;
  }
}

/** Kills for want of memory in the memory cgroup of this process; undefined where nothing counts them. */
function countOf(): number | undefined {
  const groups = read('/proc/self/cgroup');
  for (const { line, mount, file } of COUNTERS) {
    const [, path] = line.exec(groups) ?? [];
    if (path === undefined) continue;
    // Inside a container the path may be that of the world outside, and the own group the root of the mount.
    const counts = read(`${mount}${path}/${file}`) || read(`${mount}/${file}`);
    const [, kills] = /^oom_kill (\d+)$/m.exec(counts) ?? [];
    if (kills !== undefined) return Number(kills);
  }
  return undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
