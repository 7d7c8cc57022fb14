// How long each stage of the pipeline takes, measured around the real ones.

/** Stages in the order in which a scenario goes through them. */
export const STAGES = ['generate', 'predict', 'encode', 'execute', 'decode', 'judge'];

/** Adds up the time spent in each stage. */
export class Stopwatch {
  times = Object.fromEntries(STAGES.map((stage) => [stage, 0]));

  around(stage, action) {
    return (...args) => {
      const start = performance.now();
      const result = action(...args);
      this.times[stage] += performance.now() - start;
      return result;
    };
  }
}

/** The family with a stopwatch around its stages. */
export function timedFamily(family, watch) {
  return {
    ...family,
    arbitrary(profile) {
      const arbitrary = family.arbitrary(profile);
      arbitrary.generate = watch.around('generate', arbitrary.generate.bind(arbitrary));
      return arbitrary;
    },
    predict: watch.around('predict', family.predict),
    encode: watch.around('encode', family.encode),
    decode: watch.around('decode', family.decode),
    judge: watch.around('judge', family.judge),
  };
}

/** The driver with a stopwatch around what it executes. */
export function timedDriver(driver, watch) {
  return { executeAll: watch.around('execute', (requests) => driver.executeAll(requests)) };
}
