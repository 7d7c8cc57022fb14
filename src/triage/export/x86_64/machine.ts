/** The machine on x86_64: the guest's code, tables and descriptors, its vCPUs. */
import { c, fragment, when } from '../fragment.js';
import type { ArchFragments } from '../arch.js';
import type { Needs } from '../needs.js';
import type { Instruction } from './instructions.js';

function guestCode(instructions: readonly Instruction[], needs: Needs): string {
  const slots = instructions.flatMap(({ label, mnemonic }) => [
    `\t".balign 16\\n"`,
    `\t"${label}:	${mnemonic}\\n"`,
    ...(label === 'fetch' ? ['\t"fetch_done:\\n"'] : []),
    `\t"	outb %al, $0xe0\\n"`,
  ]);
  const names = [
    'guest_code',
    ...instructions.map(({ label }) => label),
    ...(needs.fetch ? ['fetch_done'] : []),
    'exception_stubs',
    'guest_code_end',
  ];
  return c`
/*
 * The guest's code. To make an access, the host sets the registers and RIP to one instruction; the port
 * write behind it ends KVM_RUN, and so nothing else runs. Exceptions do the same with their vector on the
 * stack.
 */
#define PORT_DONE 0xe0
#define PORT_EXCEPTION 0xe1
asm(	".pushsection .rodata\n"
	".balign 16\n"
	"guest_code:\n"
${slots.join('\n')}
	".balign 16\n"
	"exception_stubs:\n"
	".set vector, 0\n"
	".rept 32\n"
	".balign 16\n"
	"	pushq $vector\n"
	"	outb %al, $0xe1\n"
	".set vector, vector + 1\n"
	".endr\n"
	"guest_code_end:\n"
	".popsection\n");
extern const uint8_t ${names.map((name) => `${name}[]`).join(', ')};
#define GUEST(label) (GUEST_CODE + ((uintptr_t)(label) - (uintptr_t)guest_code))
`;
}

/** Guest-physical and guest-virtual places. */
function layout(needs: Needs): string {
  return c`
#define PAGE 4096
#define HUGE_PAGE (2ul << 20)
#define PT_PAGES 8
#define VCPUS ${needs.vcpus}
#define CPL ${needs.user ? 3 : 0}

/* The guest's code and fixed tables, identity-mapped; page 0 stays empty. */
enum {
	PML4 = 0x1000,
	CODE_PDPT = 0x2000,
	CODE_PD = 0x3000,
	CODE_PT = 0x4000,
	GDT = 0x5000,
	IDT = 0x6000,
	GUEST_CODE = 0x7000,
	SCRATCH = 0x8000,
	CODE_BYTES = 0x20000,
};
#define TSS(cpu) (0x10000 + 0x4000 * (cpu))
#define EXCEPTION_STACK(cpu) (0x12000 + 0x4000 * (cpu))
#define KERNEL_STACK(cpu) (0x13000 + 0x4000 * (cpu))

/* Regions with their slot numbers. "pt" holds the tables of the window in which the guest sees the others. */
enum { CODE, PT, DATA, DATA2, NONE, REGIONS };
#define WINDOW 0x8000000000
`;
}

const TABLES = c`
/* Entries of the window: a PDPT, a PD and page tables one behind the other, at the start of "pt". */
static uint64_t *pte_of(uint8_t *pt, uint64_t gva)
{
	return (uint64_t *)(pt + 2 * PAGE) + (gva - WINDOW) / PAGE;
}

static uint64_t *pde_of(uint8_t *pt, uint64_t gva)
{
	return (uint64_t *)(pt + PAGE) + (gva - WINDOW) / HUGE_PAGE;
}

static uint64_t *pdpte_of(uint8_t *pt, uint64_t gva)
{
	return (uint64_t *)pt + (gva - WINDOW) / (512 * HUGE_PAGE);
}
`;

const MAP_WINDOW = c`
static void map_region(int number)
{
	const struct region *region = &regions[number];

	for (int page = 0; page < region->pages; page++) {
		uint64_t gva = GVA(number, page, 0);
		uint64_t table = (gva - WINDOW) / HUGE_PAGE;

		*pte_of(initial_tables, gva) = (region->gpa + page * PAGE) | PTE_BITS;
		*pde_of(initial_tables, gva) = (regions[PT].gpa + (2 + table) * PAGE) | PDE_BITS;
		*pdpte_of(initial_tables, gva) = (regions[PT].gpa + PAGE) | PDPTE_BITS;
	}
}
`;

const CODE_PAGES = c`
static void put(uint64_t gpa, uint64_t value)
{
	*(uint64_t *)(code + gpa) = value;
}

/* The tables of the code; entries are present, writable, user, accessed and dirty from the start. */
static void map_code(void)
{
	put(PML4, CODE_PDPT | 0x67);
	put(CODE_PDPT, CODE_PD | 0x67);
	put(CODE_PD, CODE_PT | 0x67);
	for (uint64_t gpa = 0; gpa < CODE_BYTES; gpa += PAGE)
		put(CODE_PT + gpa / PAGE * 8, gpa | 0x67);
	put(PML4 + 8, regions[PT].gpa | 0x67);
}
`;

const ALIAS = c`
/* A second view of "pt", through which the guest edits the entries that map its data. */
#define PT_ALIAS 0x10000000000
enum { ALIAS_PDPT = 0x9000, ALIAS_PD = 0xa000, ALIAS_PT = 0xb000 };

static void map_alias(void)
{
	put(PML4 + 16, ALIAS_PDPT | 0x67);
	put(ALIAS_PDPT, ALIAS_PD | 0x67);
	put(ALIAS_PD, ALIAS_PT | 0x67);
	for (int page = 0; page < PT_PAGES; page++)
		put(ALIAS_PT + 8 * page, (regions[PT].gpa + page * PAGE) | 0x67);
}

static uint64_t alias_of(uint64_t *entry)
{
	return PT_ALIAS + ((uint8_t *)entry - regions[PT].hva);
}
`;

const DESCRIPTORS = c`
enum { KERNEL_CS = 0x08, KERNEL_DS = 0x10, USER_CS = 0x1b, USER_DS = 0x23 };
#define TSS_SELECTOR(cpu) (0x28 + 16 * (cpu))

static void build_descriptors(void)
{
	put(GDT + KERNEL_CS, 0x00af9b000000ffff);
	put(GDT + KERNEL_DS, 0x00cf93000000ffff);
	put(GDT + (USER_CS & ~7), 0x00affb000000ffff);
	put(GDT + (USER_DS & ~7), 0x00cff3000000ffff);
	for (int cpu = 0; cpu < VCPUS; cpu++) {
		uint64_t stacks[] = { KERNEL_STACK(cpu), EXCEPTION_STACK(cpu) };

		put(GDT + TSS_SELECTOR(cpu), 0xfff | (uint64_t)TSS(cpu) << 16 | 0x89ull << 40);
		memcpy(code + TSS(cpu) + 4, &stacks[0], 8);	/* RSP0 */
		memcpy(code + TSS(cpu) + 36, &stacks[1], 8);	/* IST1 */
		/* All zero behind the TSS proper: an I/O bitmap that lets CPL3 write to the ports. */
		code[TSS(cpu) + 102] = 0x68;
	}
	for (int vector = 0; vector < 32; vector++) {
		uint64_t stub = GUEST(exception_stubs) + 16 * vector;

		/* An interrupt gate through IST1, since RSP may point at test data. */
		put(IDT + 16 * vector, (stub & 0xffff) | KERNEL_CS << 16 | 1ull << 32 | 0x8eull << 40 | stub >> 16 << 48);
	}
}
`;

function segments(needs: Needs): string {
  return c`
/* Long mode with paging${when(needs.vector > 16, ', XSAVE')} and write protection, at a privilege level. */
static void set_segments(int cpu, int cpl)
{
	struct kvm_sregs sregs = vcpus[cpu].sregs;
	struct kvm_segment cs = {
		.limit = 0xffffffff, .selector = cpl ? USER_CS : KERNEL_CS,
		.type = 11, .present = 1, .dpl = cpl, .s = 1, .l = 1, .g = 1,
	};
	struct kvm_segment ds = {
		.limit = 0xffffffff, .selector = cpl ? USER_DS : KERNEL_DS,
		.type = 3, .present = 1, .dpl = cpl, .s = 1, .db = 1, .g = 1,
	};
	struct kvm_vcpu_events no_events = { 0 };

	sregs.cr0 = 0x80010033;	/* PG WP NE ET MP PE */
	sregs.cr2 = 0;
	sregs.cr3 = PML4;
	sregs.cr4 = ${needs.vector > 16 ? '0x40620;	/* OSXSAVE OSXMMEXCPT OSFXSR PAE */' : '0x620;	/* OSXMMEXCPT OSFXSR PAE */'}
	sregs.efer = 0xd00;	/* NXE LMA LME */
	sregs.cs = cs;
	sregs.ss = sregs.ds = sregs.es = sregs.fs = sregs.gs = ds;
	sregs.tr = (struct kvm_segment){
		.base = TSS(cpu), .limit = 0xfff, .selector = TSS_SELECTOR(cpu), .type = 11, .present = 1,
	};
	sregs.gdt.base = GDT;
	sregs.gdt.limit = TSS_SELECTOR(VCPUS) - 1;
	sregs.idt.base = IDT;
	sregs.idt.limit = 32 * 16 - 1;
	must(ioctl(vcpus[cpu].fd, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(vcpus[cpu].fd, KVM_SET_VCPU_EVENTS, &no_events), "KVM_SET_VCPU_EVENTS");
	vcpus[cpu].cpl = cpl;
}
`;
}

function vcpu(needs: Needs): string {
  return c`
static int vm;
static uint8_t *code;

static struct vcpu {
	int fd;
	struct kvm_run *run;
	struct kvm_sregs sregs;		/* as KVM made them */
	int cpl;			/* of the segments that are loaded; -1: none */
${when(needs.moving, '\tstruct kvm_regs regs;		/* after the last instruction */\n')}${when(needs.ring, '\tstruct kvm_dirty_gfn *ring;\n\tunsigned int ring_next;\n')}} vcpus[VCPUS];
`;
}

function createVcpu(needs: Needs): string {
  return c`
static void create_vcpu(int kvm, int cpu)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid = { .head.nent = 256 };
	struct vcpu *vcpu = &vcpus[cpu];
	int bytes = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");

	vcpu->fd = must(ioctl(vm, KVM_CREATE_VCPU, cpu), "KVM_CREATE_VCPU");
	vcpu->run = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	must(vcpu->run == MAP_FAILED ? -1 : 0, "mmap of the vCPU");
${when(needs.ring, '\tvcpu->ring = mmap(NULL, RING_ENTRIES * sizeof(*vcpu->ring), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd,\n\t\t\t  KVM_DIRTY_LOG_PAGE_OFFSET * PAGE);\n\tmust(vcpu->ring == MAP_FAILED ? -1 : 0, "mmap of the dirty ring");\n')}	must(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid), "KVM_GET_SUPPORTED_CPUID");
	must(ioctl(vcpu->fd, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
${when(needs.vector > 16, '\tenable_vectors(vcpu->fd, &cpuid.head);\n')}	must(ioctl(vcpu->fd, KVM_GET_SREGS, &vcpu->sregs), "KVM_GET_SREGS");
	vcpu->cpl = -1;
}
`;
}

const CREATE_VM = c`
static int create_vm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		skip_all("/dev/kvm: %s (load the KVM module, run as root or in group kvm)", strerror(errno));
	vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	return kvm;
}
`;

const LOAD_CODE = c`
static void load_code(void)
{
	struct kvm_userspace_memory_region slot = {
		.slot = CODE,
		.guest_phys_addr = PAGE,
		.memory_size = CODE_BYTES - PAGE,
	};

	code = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(code == MAP_FAILED ? -1 : 0, "mmap");
	memcpy(code + GUEST_CODE, guest_code, guest_code_end - guest_code);
	map_code();
	build_descriptors();
	slot.userspace_addr = (uintptr_t)code + PAGE;
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
}
`;

/** The fragments that define the machine. */
export function machineFragments(
  needs: Needs,
  instructions: readonly Instruction[],
): Pick<ArchFragments, 'layout' | 'guest' | 'tables' | 'vcpuSetUp'> {
  return {
    layout: [
      fragment('PAGE HUGE_PAGE VCPUS CPL PML4 PT DATA DATA2 NONE REGIONS WINDOW GDT IDT SCRATCH', layout(needs)),
      fragment(
        'STUB_OFFSET STUB',
        '#define STUB_OFFSET 0xf80	/* of the code in data pages that fetches run */\n#define STUB 0xe3ff	/* jmp *%rbx */',
      ),
      fragment('RING_ENTRIES', '#define RING_ENTRIES 1024'),
    ],
    guest: [
      fragment('vm code vcpu vcpus', vcpu(needs)),
      fragment(
        `GUEST PORT_DONE PORT_EXCEPTION guest_code ${instructions.map(({ label }) => label).join(' ')}`,
        guestCode(instructions, needs),
      ),
    ],
    tables: [
      fragment('pte_of pde_of pdpte_of', TABLES),
      fragment('map_region', MAP_WINDOW),
      fragment('put map_code', CODE_PAGES),
      fragment('map_alias alias_of', ALIAS),
      fragment('build_descriptors TSS_SELECTOR', DESCRIPTORS),
      fragment('set_segments', segments(needs)),
      fragment('create_vm', CREATE_VM),
      fragment('load_code', LOAD_CODE),
    ],
    vcpuSetUp: [fragment('create_vcpu', createVcpu(needs))],
  };
}
