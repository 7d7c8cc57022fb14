/** Running the guest's instructions on aarch64, and what each exit says. */
import { entryFragments } from '../common/entries.js';
import { ANSWER_MMIO, doneText, guestFragments, type GuestRun } from '../common/running.js';
import { c, fragment, type Fragment } from '../fragment.js';
import type { Needs } from '../needs.js';

const COMPLETE_STORE = c`
/* Has KVM complete the store that ended KVM_RUN, and no more. */
static void complete_store(struct vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	ioctl(vcpu->fd, KVM_RUN, 0);
	vcpu->run->immediate_exit = 0;
}
`;

const EXCEPTION = c`
#define ESR_EL1 ARM64_SYS_REG(3, 0, 5, 2, 0)
#define FAR_EL1 ARM64_SYS_REG(3, 0, 6, 0, 0)

/* FAR is that of an abort whose syndrome does not say that it is not valid (FnV). */
static bool has_address(uint64_t esr)
{
	uint64_t class = esr >> 26 & 0x3f;

	return (class == 0x20 || class == 0x21 || class == 0x24 || class == 0x25) && !(esr >> 10 & 1);
}

/* The vector says which: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError. */
static void record_exception(int cpu, uint64_t instruction)
{
	uint64_t vector = (get_register(cpu, CORE_REG(regs.pc)) - GUEST(vectors)) / 128 % 4;
	uint64_t esr = get_register(cpu, ESR_EL1);
	uint64_t far = vector == 0 && has_address(esr) ? get_register(cpu, FAR_EL1) : 0;

	record(EXCEPTION, cpu, vector, esr, far, get_register(cpu, CORE_REG(elr_el1)) - instruction);
}
`;

const VECTOR_REGISTER = c`
/* Q0, two lanes. */
static void access_q0(int cpu, unsigned long request, uint64_t lanes[2])
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(fp_regs.vregs[0]),
		.addr = (uintptr_t)lanes,
	};

	must(ioctl(vcpus[cpu].fd, request, &reg), "the vector register");
}
`;

/** @param exclusives the case has pairs of exclusives: W3 is the status, W4 counts tries. */
function guestRun(needs: Needs, exclusives: boolean): GuestRun {
  const target = needs.fetch ? 'start.pc == GUEST(blr) ? start.x1 : start.pc' : 'start.pc';
  const set = (register: string, value: string): string => `\tset_register(cpu, CORE_REG(${register}), ${value});`;
  return {
    registers: 'struct registers',
    declarations: [`\tuint64_t instruction = ${target};`],
    begin: [
      set('regs.pc', 'start.pc'),
      `${set('regs.pstate', 'exception_level ? 0x2c5 : 0x2c0')}	/* EL1h, EL0t; only SError unmasked */`,
      set('regs.regs[0]', 'start.x0'),
      set('regs.regs[1]', 'start.x1'),
      set('regs.regs[2]', 'start.x2'),
      ...(exclusives ? [set('regs.regs[3]', '0'), `${set('regs.regs[4]', '9')}	/* tries of a store-exclusive */`] : []),
      set('regs.regs[21]', 'UPPER(DOORBELL)'),
      ...(needs.vector > 0 ? ['\taccess_q0(cpu, KVM_SET_ONE_REG, start.q0);'] : []),
    ],
    exits: [mmioExit(needs, exclusives)],
    abandon: [],
  };
}

function mmioExit(needs: Needs, exclusives: boolean): string {
  const other = needs.mmio
    ? '\t\t\tanswer_mmio(cpu, run);\n\t\t\tcontinue;'
    : '\t\t\trecord(OTHER_EXIT, cpu, KVM_EXIT_MMIO, run->mmio.phys_addr, 0, 0);\n\t\t\tbreak;';
  const status = exclusives ? 'get_register(cpu, CORE_REG(regs.regs[3]))' : '0';
  return c`
		case KVM_EXIT_MMIO:
			if (run->mmio.phys_addr == DOORBELL_EXCEPTION) {
				complete_store(vcpu);
				record_exception(cpu, instruction);
				break;
			}
			if (run->mmio.phys_addr != DOORBELL_DONE) {
${other.replace(/^/gm, '\t')}
			}
			complete_store(vcpu);
			/* Behind the same instruction? */
			if ((get_register(cpu, CORE_REG(regs.pc)) ^ start.pc) & ~31ull) {
				record(OTHER_EXIT, cpu, KVM_EXIT_MMIO, DOORBELL_DONE, 0, 0);
				break;
			}
			record(DONE, cpu, get_register(cpu, CORE_REG(regs.regs[0])), get_register(cpu, CORE_REG(regs.regs[2])),
			       ${status}, 0);
${doneText(needs)}
`;
}

const MOVED = c`
/* The same for instructions that write X1 back. */
static void run_moving(int cpu, struct registers start)
{
	if (run_guest(cpu, start))
		record(MOVED, cpu, get_register(cpu, CORE_REG(regs.regs[1])) - start.x1, 0, 0, 0);
}
`;

const VECTOR_LOAD = c`
/* The same for instructions that load Q0. */
static void run_vector_load(int cpu, struct registers start)
{
	uint64_t lanes[2];

	if (!run_guest(cpu, start))
		return;
	access_q0(cpu, KVM_GET_ONE_REG, lanes);
	record(LANES, cpu, 0, lanes[0], lanes[1], 0);
}
`;

const FLUSH = c`
/* Always at EL1; silent unless it fails. */
static void flush(int cpu, struct registers start)
{
	int before = had_count;

	exception_level = 1;
	run_guest(cpu, start);
	if (had_count == before + 1 && had[before].kind == DONE)
		had_count = before;
	exception_level = EL;
}
`;

/** The fragments that run the guest, in the order in which they need each other. */
export function runningFragments(needs: Needs, exclusives: boolean): readonly Fragment[] {
  return [
    fragment('exception_level', `static int exception_level = EL;	/* at which the guest runs */`),
    fragment('complete_store', COMPLETE_STORE),
    fragment('record_exception', EXCEPTION),
    fragment('access_q0', VECTOR_REGISTER),
    ...(needs.mmio ? [ANSWER_MMIO] : []),
    ...guestFragments(needs, guestRun(needs, exclusives)),
    fragment('run_moving', MOVED),
    fragment('run_vector_load', VECTOR_LOAD),
    ...entryFragments(needs, ['l3_of', 'l2_of', 'l1_of']),
    fragment('flush', FLUSH),
  ];
}
