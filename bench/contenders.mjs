// What is compared: each contender runs one process per CPU, pinned, and says how many scenarios per second they did.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import process from 'node:process';

const run = promisify(execFile);
const worker = fileURLToPath(new URL('./worker.mjs', import.meta.url));
const bareLoop = fileURLToPath(new URL('../native/build/bare_loop', import.meta.url));

/** The C loop, started anew for each measurement. */
export function bare(cpus, privilege, fresh) {
  const args = [...(privilege === 'user' ? ['user'] : []), ...(fresh ? ['fresh'] : [])];
  return {
    async measure(seconds) {
      const rates = await Promise.all(
        cpus.map(async (cpu) => {
          const { stdout } = await run('taskset', ['-c', String(cpu), bareLoop, String(seconds), ...args]);
          return Number(stdout);
        }),
      );
      return { rate: rates.reduce((sum, rate) => sum + rate, 0) };
    },
  };
}

/** The pipeline of a campaign, in processes that stay and idle between measurements. */
export async function pipeline(cpus, kind, privilege, timed, directory) {
  const children = cpus.map((cpu) => {
    const args = [String(process.pid), kind, privilege, ...(timed ? ['timed'] : [])];
    const env = { ...process.env, FAULTLINE_BENCH_DIR: directory };
    const child = fork(worker, args, { env, serialization: 'advanced' });
    return { child, cpu };
  });
  for (const { child, cpu } of children) {
    await once(child, 'message');
    await run('taskset', ['-a', '-cp', String(cpu), String(child.pid)]);
  }
  return {
    async measure(seconds) {
      const answers = await Promise.all(
        children.map(async ({ child }) => {
          child.send({ seconds });
          const [answer] = await once(child, 'message');
          return answer;
        }),
      );
      const rate = answers.reduce((sum, answer) => sum + answer.runs / answer.seconds, 0);
      return { rate, answers };
    },
    close() {
      for (const { child } of children) if (child.connected) child.disconnect();
    },
  };
}
