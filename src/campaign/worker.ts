/**
 * A worker process: executes scenarios in the native driver, which a fault of KVM may take down together with the process.
 * Arguments: process id of the supervisor and, in tests only, a module that stands in for families and driver (see parts.ts).
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { type Driver, DriverError } from '../driver/library.js';
import { dieWithParent } from '../driver/parentDeath.js';
import { NoKvmError } from '../driver/probe.js';
import { NoUffdError } from '../driver/probe/uffd.js';
import { TargetError } from '../driver/targets/error.js';
import { targetName } from '../driver/targets/target.js';
import { errorMessage } from '../util/errno.js';
import { possiblePairs } from './coverage/pairs.js';
import { monotonicMs } from './clock.js';
import { Fuzzer } from './fuzzing.js';
import { lossIsFatal } from './lossIsFatal.js';
import type { FromWorker, Ready, Replies, Request, RequestKind, Stop } from './messages.js';
import { loadParts } from './loadParts.js';
import type { WorkerParts } from './parts.js';
import { type Judged, Pipeline } from './pipeline.js';
import { parsePlant, planted } from './plant.js';
import { outsideId } from './seeds.js';
import { type Signature, isFault, signatureOf } from './signature.js';
import { Shrinker } from './shrinking.js';

/** How often a busy worker shows that it lives. */
const REPORT_MS = 250;

/** Of a worker that was started for other things. */
const NO_DRIVER: Driver = {
  execute: refuse,
  executeAll: refuse,
  facts: refuse,
  blackbox: () => undefined,
  close: () => undefined,
};

function refuse(): never {
  throw new Error('this worker was started to execute nothing');
}

class Worker {
  private pipeline: Pipeline | undefined;
  private fuzzer: Fuzzer | undefined;
  private scenarioFile = '';
  private outside = 0;
  private lastReport = 0;
  private stopped = false;

  constructor(private readonly module: string | undefined) {}

  stop(): void {
    this.stopped = true;
  }

  async answer(request: Request): Promise<Replies[RequestKind]> {
    switch (request.kind) {
      case 'start':
        return this.start(request);
      case 'execute':
        return this.execute(request);
      case 'fuzz':
        return this.fuzz(request);
      case 'shrink':
        return this.shrink(request);
      case 'generate':
        return this.parts().fuzzer.generate(request, request.index);
      case 'describe':
        return this.describe(request);
      case 'simplify':
        return this.simplify(request);
      case 'counts':
        return this.parts().fuzzer.takeCounts();
      case 'pairs':
        return this.pairs();
    }
  }

  private async start(request: Extract<Request, { kind: 'start' }>): Promise<Ready> {
    const parts = await loadParts(this.module);
    const family = parts.family(request.family);
    if (family === undefined) throw new DriverError(`there is no family ${request.family}`);
    const plant = parsePlant(request.plant);
    const driver = await this.openDriver(parts, request);
    const profile = request.profile ?? parts.probe(driver, targetName(request.target), family);
    driver.blackbox(request.blackBox);
    const { deadlineMs } = request;
    this.pipeline = new Pipeline(planted(family, plant), driver, { profile, plant: plant.driver, deadlineMs });
    this.fuzzer = new Fuzzer(this.pipeline);
    this.scenarioFile = request.scenarioFile;
    return {
      profile,
      applicable: family.applicable(profile),
      canaries: family.canaries?.(profile) ?? [],
      outcomes: family.outcomes?.documented(profile),
    };
  }

  /** Booting a machine takes longer than a worker may be silent. */
  private async openDriver(parts: WorkerParts, request: Extract<Request, { kind: 'start' }>): Promise<Driver> {
    const { target, machineDir: directory, marginMs, executes } = request;
    if (!executes) return NO_DRIVER;
    const alive = setInterval(() => {
      this.report({ kind: 'alive' });
    }, REPORT_MS);
    try {
      return lossIsFatal(await parts.openDriver(target, { directory, marginMs }));
    } finally {
      clearInterval(alive);
    }
  }

  private execute({ scenario, times, freshVm }: Extract<Request, { kind: 'execute' }>): readonly Judged[] {
    const { pipeline } = this.parts();
    const parsed = pipeline.family.parse(scenario);
    this.leaveScenario(parsed);
    return Array.from({ length: times }, () => {
      const judged = pipeline.judge(parsed, outsideId(this.outside++), freshVm);
      this.report({ kind: 'alive' });
      return judged;
    });
  }

  private async fuzz(request: Extract<Request, { kind: 'fuzz' }>): Promise<Replies['fuzz']> {
    const { fuzzer } = this.parts();
    const { seed, batch, to, burst, focus } = request;
    const stopAt = monotonicMs() + (request.leftMs ?? Infinity);
    let next = request.from;
    let found: Replies['fuzz']['found'];
    while (next < to && found === undefined && !this.stopped && monotonicMs() < stopAt) {
      const until = Math.min(stopAt, monotonicMs() + REPORT_MS);
      ({ next, found } = fuzzer.run({ seed, batch, from: next, to, until, burst, focus }));
      if (monotonicMs() - this.lastReport >= REPORT_MS) this.sendCounts();
      // Lets messages in, and the loss of the supervisor be noticed.
      await setImmediate();
    }
    return { next, found, counts: fuzzer.takeCounts() };
  }

  private shrink(request: Extract<Request, { kind: 'shrink' }>): Promise<Replies['shrink']> {
    const { pipeline, fuzzer } = this.parts();
    const hooks = {
      before: (scenario: unknown) => {
        this.leaveScenario(scenario);
      },
      progress: (shrunk: Replies['shrink']) => {
        this.report({ kind: 'progress', shrunk });
      },
    };
    const scenario = pipeline.family.parse(request.scenario);
    const arbitrary = request.origin && fuzzer.arbitraryOf(request.origin.focus);
    return new Shrinker(pipeline, { ...request, scenario }, hooks, arbitrary).run();
  }

  private describe({ scenario, verdict, step }: Extract<Request, { kind: 'describe' }>): Signature | undefined {
    const { family } = this.parts().pipeline;
    return isFault(verdict) ? signatureOf(family, family.parse(scenario), verdict, step) : undefined;
  }

  private simplify({ scenario, limit }: Extract<Request, { kind: 'simplify' }>): readonly unknown[] {
    const { family } = this.parts().pipeline;
    const simpler: unknown[] = [];
    for (const candidate of family.simplify(family.parse(scenario))) {
      simpler.push(candidate);
      if (simpler.length >= limit) break;
    }
    return simpler;
  }

  private pairs(): Replies['pairs'] {
    const { family, profile } = this.parts().pipeline;
    const fields = family.fields?.(profile);
    return fields && possiblePairs(fields);
  }

  private parts(): { pipeline: Pipeline; fuzzer: Fuzzer } {
    if (this.pipeline === undefined || this.fuzzer === undefined) throw new Error('the worker was not started');
    return { pipeline: this.pipeline, fuzzer: this.fuzzer };
  }

  /** The black box names a scenario of a batch; of any other, this file holds what a supervisor needs after a crash. */
  private leaveScenario(scenario: unknown): void {
    try {
      writeFileSync(this.scenarioFile, JSON.stringify(scenario));
    } catch {
      // The disk is full: a crash in this execution will be one of an unknown scenario, and all else goes on.
    }
  }

  /** Sends a sign of life, unless one was sent a moment ago. */
  private report(message: FromWorker): void {
    if (monotonicMs() - this.lastReport < REPORT_MS) return;
    this.lastReport = monotonicMs();
    send(message);
  }

  private sendCounts(): void {
    this.lastReport = monotonicMs();
    if (this.fuzzer !== undefined) send({ kind: 'counts', counts: this.fuzzer.takeCounts() });
  }
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
  else process.exit(1);
}

function main(): void {
  const [parent, module] = process.argv.slice(2);
  if (parent === undefined || process.send === undefined) {
    process.stderr.write('HARNESS: a worker is started by a campaign only\n');
    process.exit(3);
  }
  dieWithParent(Number(parent));
  process.on('disconnect', () => {
    process.exit(1);
  });
  const worker = new Worker(module);
  process.on('message', (message: Request | Stop) => {
    if (message.kind === 'stop') {
      worker.stop();
      return;
    }
    worker.answer(message).then(
      (value) => {
        send({ kind: 'reply', value });
      },
      (error: unknown) => {
        const missing = [TargetError, NoKvmError, NoUffdError].some((kind) => error instanceof kind);
        send({ kind: 'failed', detail: errorMessage(error), missing });
      },
    );
  });
}

main();
