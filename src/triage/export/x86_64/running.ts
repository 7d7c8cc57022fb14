/** Running the guest's instructions on x86_64, and what each exit says. */
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';
import { entryFragments } from './entries.js';
import { VECTOR_RUNS, vectors } from './vectors.js';

const EXCEPTION = c`
/* Vectors that push an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP. */
#define ERROR_CODES (1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 17 | 1u << 21)
#define NO_ERROR_CODE (~0ull)

/* The stub has pushed the vector onto the frame of the exception. */
static void record_exception(int cpu, uint64_t rsp, uint64_t instruction)
{
	const uint64_t *frame = (uint64_t *)(code + rsp % CODE_BYTES);
	uint64_t vector = *frame++;
	uint64_t error_code = ERROR_CODES >> vector & 1 ? *frame++ & 0xffffffff : NO_ERROR_CODE;
	struct kvm_sregs sregs;

	must(ioctl(vcpus[cpu].fd, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	record(EXCEPTION, cpu, vector, error_code, vector == 14 ? sregs.cr2 : 0, *frame - instruction);
}
`;

const MMIO = c`
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
`;

function runGuest(needs: Needs, name: string): string {
  const exits = [
    ...(needs.mmio ? ['\t\tcase KVM_EXIT_MMIO:\n\t\t\tanswer_mmio(cpu, run);\n\t\t\tcontinue;'] : []),
    ...(needs.ring
      ? ['\t\tcase KVM_EXIT_DIRTY_RING_FULL:\n\t\t\trecord(RING_FULL, cpu, 0, 0, 0, 0);\n\t\t\tbreak;']
      : []),
    ...(needs.kinds.has('internal_error')
      ? [
          `\t\tcase KVM_EXIT_INTERNAL_ERROR:\n\t\t\tmust(ioctl(vcpu->fd, KVM_GET_REGS, &regs), "KVM_GET_REGS");\n\t\t\trecord(INTERNAL_ERROR, cpu, run->internal.suberror, regs.rip == start.rip${when(needs.fetch, ' || regs.rip == instruction')}, 0, 0);\n\t\t\tbreak;`,
        ]
      : []),
  ];
  const memoryFault =
    c`
			if (run->exit_reason == KVM_EXIT_MEMORY_FAULT)
				record(MEMORY_FAULT, cpu, error, 0, 0, 0);
			else
	`.trimEnd() + '\n\t';
  return c`
${when(needs.kinds.has('memory_fault'), '#ifndef KVM_EXIT_MEMORY_FAULT	/* headers before Linux 6.8 */\n#define KVM_EXIT_MEMORY_FAULT 39\n#endif\n\n')}/*
 * Runs one instruction of the guest's code with these registers, and records every exit on the way. True: it
 * was executed to its end.
 */
static bool ${name}(int cpu, struct kvm_regs start)
{
	struct vcpu *vcpu = &vcpus[cpu];
	struct kvm_run *run = vcpu->run;
	uint64_t instruction = ${needs.fetch ? 'start.rip == GUEST(fetch) ? start.rdi : start.rip' : 'start.rip'};
	struct kvm_regs regs;

	if (vcpu->cpl != privilege)
		set_segments(cpu, privilege);
	start.rflags = 0x3002;	/* IOPL 3: CPL3 may write to the ports */
	must(ioctl(vcpu->fd, KVM_SET_REGS, &start), "KVM_SET_REGS");
${when(needs.sigbus, '\tsignals.pending = false;\n\tsignals.in_guest = true;\n')}	for (int exits = 0; exits < 1024; exits++) {
${when(needs.kinds.has('memory_fault'), '\t\tif (run->exit_reason == KVM_EXIT_MEMORY_FAULT)\n\t\t\trun->exit_reason = KVM_EXIT_UNKNOWN;	/* of an earlier run */\n')}		if (ioctl(vcpu->fd, KVM_RUN, 0)) {
			int error = errno;

${when(needs.sigbus, '\t\t\tif (signals.pending) {\n\t\t\t\trecord_signal(cpu);\n\t\t\t\tbreak;\n\t\t\t}\n')}			if (error == EINTR || error == EAGAIN)
				continue;
${needs.kinds.has('memory_fault') ? memoryFault : '\t\t'}	record(RUN_ERROR, cpu, error, 0, 0, 0);
			break;
		}
		switch (run->exit_reason) {
${exits.map((text) => `${text}\n`).join('')}		case KVM_EXIT_IO:
			must(ioctl(vcpu->fd, KVM_GET_REGS, &regs), "KVM_GET_REGS");
			if (run->io.port == PORT_EXCEPTION) {
				record_exception(cpu, regs.rsp, instruction);
				break;
			}
			/* Behind the same instruction? */
			if (run->io.port != PORT_DONE || (regs.rip ^ start.rip) & ~15ull) {
				record(OTHER_EXIT, cpu, KVM_EXIT_IO, regs.rip, 0, 0);
				break;
			}
			record(DONE, cpu, regs.rax, regs.rdx, regs.rflags & ~0x3000ull, 0);
${when(needs.moving, '\t\t\tvcpu->regs = regs;\n')}${when(needs.sigbus, '\t\t\tsignals.in_guest = false;\n')}			return true;
		default:
			record(OTHER_EXIT, cpu, run->exit_reason, 0, 0, 0);
		}
		break;
	}
${when(needs.sigbus, '\tsignals.in_guest = false;\n')}	vcpu->cpl = -1;	/* what is half delivered must not strike the next instruction */
	return false;
}
`;
}

const MOVED = c`
/* The same for instructions that move RDI and RSI, or RSP. */
static void run_moving(int cpu, struct kvm_regs start)
{
	const struct kvm_regs *end = &vcpus[cpu].regs;

	if (run_guest(cpu, start))
		record(MOVED, cpu, end->rdi - start.rdi, start.rsp ? end->rsp - start.rsp : end->rsi - start.rsi,
		       end->rcx, 0);
}
`;

const SECOND_VCPU = [
  fragment(
    'job vcpu1_main',
    c`
/* vCPU 1 runs on threads of its own. */
struct job {
	struct kvm_regs start;
	pthread_barrier_t *together;
	bool done;
};

static void *vcpu1_main(void *argument)
{
	struct job *job = argument;

	NOTE_THREADif (job->together)
		pthread_barrier_wait(job->together);
	job->done = run_here(1, job->start);
	return NULL;
}
`,
  ),
  fragment(
    'run_guest',
    c`
static bool run_guest(int cpu, struct kvm_regs start)
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
static void race(struct kvm_regs first, struct kvm_regs second)
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

/** The fragments that run the guest, in the order in which they need each other. */
export function runningFragments(needs: Needs): readonly Fragment[] {
  const note = needs.uffd ? 'vcpu_threads[1] = syscall(SYS_gettid);\n\t' : '';
  const second = SECOND_VCPU.map((piece) => ({ ...piece, text: piece.text.replace('NOTE_THREAD', note) }));
  return [
    fragment('privilege', `static int privilege = CPL;	/* at which the guest runs */`),
    fragment('record_exception NO_ERROR_CODE', EXCEPTION),
    fragment('answer_mmio', MMIO),
    ...(needs.vcpus === 2
      ? [fragment('run_here', runGuest(needs, 'run_here')), ...second]
      : [fragment('run_guest', runGuest(needs, 'run_guest'))]),
    fragment('run_moving', MOVED),
    ...vectors(needs.vector),
    ...VECTOR_RUNS,
    ...entryFragments(needs),
  ];
}
