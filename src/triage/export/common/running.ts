/** Running one instruction of the guest, on either vCPU. */
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';

/** What of it differs between architectures; statements are lines with their tabs. */
export interface GuestRun {
  /** C type of the registers that an instruction starts with. */
  readonly registers: string;
  /** Declarations beside `vcpu` and `run`. */
  readonly declarations: readonly string[];
  /** Statements that load `start`. */
  readonly begin: readonly string[];
  /** Cases of the exit's reason. Leaving the switch ends the run, and `return true` says that the instruction is done. */
  readonly exits: readonly string[];
  /** Statements after anything but the instruction's end. */
  readonly abandon: readonly string[];
}

/** Statement of an exit that ends the instruction as it should. */
export function doneText({ sigbus }: Needs): string {
  return `${when(sigbus, '\t\t\tsignals.in_guest = false;\n')}\t\t\treturn true;`;
}

export const ANSWER_MMIO: Fragment = fragment(
  'answer_mmio',
  c`
/* What reads of MMIO return, in turn; the last one again and again. */
static const uint64_t mmio_reads[] = { MMIO_READS };

static void answer_mmio(int cpu, struct kvm_run *run)
{
	static unsigned int used;
	uint64_t data = 0, mask = run->mmio.len < 8 ? (1ull << 8 * run->mmio.len) - 1 : ~0ull;

	if (run->mmio.is_write) {
		memcpy(&data, run->mmio.data, 8);
	} else {
		unsigned int next = __atomic_fetch_add(&used, 1, __ATOMIC_RELAXED);
		unsigned int last = sizeof(mmio_reads) / sizeof(mmio_reads[0]) - 1;

		data = mmio_reads[next < last ? next : last];
		memcpy(run->mmio.data, &data, 8);
	}
	record(MMIO, cpu, run->mmio.phys_addr, run->mmio.len, run->mmio.is_write, data & mask);
}
`,
);

const RING_FULL = ['\t\tcase KVM_EXIT_DIRTY_RING_FULL:', '\t\t\trecord(RING_FULL, cpu, 0, 0, 0, 0);', '\t\t\tbreak;'];

const MEMORY_FAULT = `
			if (run->exit_reason == KVM_EXIT_MEMORY_FAULT)
				record(MEMORY_FAULT, cpu, error, 0, 0, 0);
			else
				`.slice(1);

function runText(name: string, needs: Needs, run: GuestRun): string {
  const memoryFault = needs.kinds.has('memory_fault');
  const block = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  return c`
${when(memoryFault, '#ifndef KVM_EXIT_MEMORY_FAULT	/* headers before Linux 6.8 */\n#define KVM_EXIT_MEMORY_FAULT 39\n#endif\n\n')}/*
 * Runs one instruction of the guest's code with these registers, and records every exit on the way. True: it
 * was executed to its end.
 */
static bool ${name}(int cpu, ${run.registers} start)
{
	struct vcpu *vcpu = &vcpus[cpu];
	struct kvm_run *run = vcpu->run;
${block(run.declarations)}
${block(run.begin)}${when(needs.sigbus, '\tsignals.pending = false;\n\tsignals.in_guest = true;\n')}	for (int exits = 0; exits < 1024; exits++) {
${when(memoryFault, '\t\tif (run->exit_reason == KVM_EXIT_MEMORY_FAULT)\n\t\t\trun->exit_reason = KVM_EXIT_UNKNOWN;	/* of an earlier run */\n')}		if (ioctl(vcpu->fd, KVM_RUN, 0)) {
			int error = errno;

${when(needs.sigbus, '\t\t\tif (signals.pending) {\n\t\t\t\trecord_signal(cpu);\n\t\t\t\tbreak;\n\t\t\t}\n')}			if (error == EINTR || error == EAGAIN)
				continue;
${memoryFault ? MEMORY_FAULT : '\t\t\t'}record(RUN_ERROR, cpu, error, 0, 0, 0);
			break;
		}
		switch (run->exit_reason) {
${block([...(needs.ring ? RING_FULL : []), ...run.exits])}		default:
			record(OTHER_EXIT, cpu, run->exit_reason, 0, 0, 0);
		}
		break;
	}
${when(needs.sigbus, '\tsignals.in_guest = false;\n')}${block(run.abandon)}	return false;
}
`;
}

function secondVcpu({ uffd }: Needs, registers: string): readonly Fragment[] {
  return [
    fragment(
      'job vcpu1_main',
      c`
/* vCPU 1 runs on threads of its own. */
struct job {
	${registers} start;
	pthread_barrier_t *together;
	bool done;
};

static void *vcpu1_main(void *argument)
{
	struct job *job = argument;

	${when(uffd, 'vcpu_threads[1] = syscall(SYS_gettid);\n\t')}if (job->together)
		pthread_barrier_wait(job->together);
	job->done = run_here(1, job->start);
	return NULL;
}
`,
    ),
    fragment(
      'run_guest',
      c`
static bool run_guest(int cpu, ${registers} start)
{
	struct job job = { .start = start };
	pthread_t thread;

	if (cpu == 0)
		return run_here(cpu, start);
	must(-pthread_create(&thread, NULL, vcpu1_main, &job), "pthread_create");
	pthread_join(thread, NULL);
	return job.done;
}
`,
    ),
    fragment(
      'race',
      c`
/* Two instructions at once. */
static void race(${registers} first, ${registers} second)
{
	pthread_barrier_t together;
	struct job job = { .start = second, .together = &together };
	pthread_t thread;

	pthread_barrier_init(&together, NULL, 2);
	must(-pthread_create(&thread, NULL, vcpu1_main, &job), "pthread_create");
	pthread_barrier_wait(&together);
	run_here(0, first);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&together);
}
`,
    ),
  ];
}

/** `run_guest`, and `race` where there are two vCPUs. */
export function guestFragments(needs: Needs, run: GuestRun): readonly Fragment[] {
  if (needs.vcpus === 1) return [fragment('run_guest', runText('run_guest', needs, run))];
  return [fragment('run_here', runText('run_here', needs, run)), ...secondVcpu(needs, run.registers)];
}
