/** Running the guest's instructions on x86_64, and what each exit says. */
import { entryFragments } from '../common/entries.js';
import { ANSWER_MMIO, doneText, guestFragments, type GuestRun } from '../common/running.js';
import { c, fragment, when, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';
import { FLUSHING } from './flushing.js';
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

function guestRun(needs: Needs): GuestRun {
  const target = needs.fetch ? 'start.rip == GUEST(fetch) ? start.rdi : start.rip' : 'start.rip';
  return {
    registers: 'struct kvm_regs',
    declarations: [`\tuint64_t instruction = ${target};`, '\tstruct kvm_regs regs;'],
    begin: [
      '\tif (vcpu->cpl != privilege)',
      '\t\tset_segments(cpu, privilege);',
      '\tstart.rflags = 0x3002;	/* IOPL 3: CPL3 may write to the ports */',
      '\tmust(ioctl(vcpu->fd, KVM_SET_REGS, &start), "KVM_SET_REGS");',
    ],
    exits: [
      ...(needs.mmio ? [MMIO_EXIT] : []),
      ...(needs.kinds.has('internal_error') ? [internalError(needs)] : []),
      portExit(needs),
    ],
    abandon: ['\tvcpu->cpl = -1;	/* what is half delivered must not strike the next instruction */'],
  };
}

const MMIO_EXIT = '\t\tcase KVM_EXIT_MMIO:\n\t\t\tanswer_mmio(cpu, run);\n\t\t\tcontinue;';

function internalError({ fetch }: Needs): string {
  const at = `regs.rip == start.rip${when(fetch, ' || regs.rip == instruction')}`;
  return `\t\tcase KVM_EXIT_INTERNAL_ERROR:\n\t\t\tmust(ioctl(vcpu->fd, KVM_GET_REGS, &regs), "KVM_GET_REGS");\n\t\t\trecord(INTERNAL_ERROR, cpu, run->internal.suberror, ${at}, 0, 0);\n\t\t\tbreak;`;
}

function portExit(needs: Needs): string {
  return c`
		case KVM_EXIT_IO:
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
${when(needs.moving, '\t\t\tvcpu->regs = regs;\n')}${doneText(needs)}
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

/** The fragments that run the guest, in the order in which they need each other. */
export function runningFragments(needs: Needs): readonly Fragment[] {
  return [
    fragment('privilege', `static int privilege = CPL;	/* at which the guest runs */`),
    fragment('record_exception NO_ERROR_CODE', EXCEPTION),
    ANSWER_MMIO,
    ...guestFragments(needs, guestRun(needs)),
    fragment('run_moving', MOVED),
    ...vectors(needs.vector),
    ...VECTOR_RUNS,
    ...entryFragments(needs, ['pte_of', 'pde_of', 'pdpte_of']),
    ...FLUSHING,
  ];
}
