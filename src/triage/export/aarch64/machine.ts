/** The machine on aarch64: the guest's code, its address spaces, its vCPUs and what they need of the processor. */
import { ARM_FETCH_STUB, ARM_TABLES, type Granule } from '../../../scenario/stage2/arch.js';
import type { ArmConfig } from '../../../scenario/stage2/config.js';
import type { ArchFragments } from '../arch.js';
import { c, fragment, when } from '../fragment.js';
import type { Needs } from '../needs.js';
import { hexText } from '../values.js';
import type { Instruction } from './instructions.js';
import { descriptorBits, tableFragments } from './tables.js';

/** Where TTBR1 maps guest-physical memory. */
export const UPPER = 0xffffff8000000000n;

/** Instructions of FEAT_LSE, which compilers want to be told of. */
const LSE = /^(cas|ldadd|swp|ldset|ldclr) /;

function guestCode(instructions: readonly Instruction[]): string {
  const lse = instructions.some(({ lines }) => lines.some((line) => LSE.test(line)));
  const slots = instructions.flatMap(({ label, lines: [first, ...others] }) => [
    `\t".balign 32\\n"`,
    `\t"${label}:	${first ?? ''}\\n"`,
    ...others.map((line) => `\t"${line.endsWith(':') ? line : `	${line}`}\\n"`),
    `\t"	str xzr, [x21]\\n"`,
  ]);
  const names = ['guest_code', ...instructions.map(({ label }) => label), 'vectors', 'guest_code_end'];
  return c`
/*
 * The guest's code. To make an access, the host sets the registers and the PC to one instruction; the store to
 * the doorbell behind it ends KVM_RUN, and so nothing else runs. Exceptions ring another one: the PC tells which.
 */
#define DOORBELL_DONE DOORBELL
#define DOORBELL_EXCEPTION (DOORBELL + 8)
asm(	".pushsection .rodata\n"
${when(lse, '\t".arch_extension lse\\n"\n')}	".balign 2048\n"
	"guest_code:\n"
	"vectors:\n"
	".rept 16\n"
	".balign 128\n"
	"	str xzr, [x21, #8]\n"
	".endr\n"
${slots.join('\n')}
	"guest_code_end:\n"
	".popsection\n");
/* Hidden, so that they are not looked up in the GOT, which has one entry for all labels of a section. */
extern const uint8_t __attribute__((visibility("hidden"))) ${names.map((name) => `${name}[]`).join(', ')};
#define GUEST(label) UPPER(GUEST_CODE + ((uintptr_t)(label) - (uintptr_t)guest_code))
`;
}

/** Guest-physical and guest-virtual places. */
function layout(needs: Needs, granule: Granule): string {
  return c`
#define PAGE 4096
#define HUGE_PAGE (2ul << 20)
#define PT_PAGES ${ARM_TABLES[granule].pages}
#define VCPUS ${needs.vcpus}
#define EL ${needs.user ? 0 : 1}

/* The guest's code and fixed tables; page 0 stays empty. Nothing answers at the doorbell. */
enum {
	UPPER_L1 = 0x1000,
	CODE_L2 = 0x2000,
	CODE_L3 = 0x3000,
	DOORBELL_L3 = 0x4000,
	ALIAS_L2 = 0x5000,
	ALIAS_L3 = 0x6000,
	GUEST_CODE = 0x8000,
	CODE_BYTES = 0xa000,
	DOORBELL = 0x30000000,
};

/* Where TTBR1 maps guest-physical memory. */
#define UPPER(gpa) (${hexText(UPPER)} + (gpa))

/* Regions with their slot numbers. "pt" holds the tables of the window (TTBR0) in which the guest sees the others. */
enum { CODE, PT, DATA, DATA2, NONE, REGIONS };
#define WINDOW 0x40000000ull
`;
}

function vcpu(needs: Needs): string {
  return c`
static int vm;
static uint8_t *code;

static struct vcpu {
	int fd;
	struct kvm_run *run;
${when(needs.ring, '\tstruct kvm_dirty_gfn *ring;\n\tunsigned int ring_next;\n')}} vcpus[VCPUS];

/* What an instruction starts with. */
struct registers {
	uint64_t pc, x0, x1, x2;
${when(needs.vector > 0, '\tuint64_t q0[2];\n')}};
`;
}

const RING = c`
#define RING_ENTRIES 1024
#define RING_PAGE 64	/* KVM_DIRTY_LOG_PAGE_OFFSET; headers before Linux 6.2 have none for arm64 */
`;

const REGISTERS = c`
#define CORE_REG(name) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))

static void set_register(int cpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	must(ioctl(vcpus[cpu].fd, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

static uint64_t get_register(int cpu, uint64_t id)
{
	uint64_t value = 0;
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	must(ioctl(vcpus[cpu].fd, KVM_GET_ONE_REG, &reg), "KVM_GET_ONE_REG");
	return value;
}
`;

const NEED_FEATURE = c`
/* A field of an identification register, as the guest sees it; they are signed, and more is better. */
#define ID_AA64ISAR0_EL1 ARM64_SYS_REG(3, 0, 0, 6, 0)
#define ID_AA64MMFR0_EL1 ARM64_SYS_REG(3, 0, 0, 7, 0)
#define ID_AA64MMFR1_EL1 ARM64_SYS_REG(3, 0, 0, 7, 1)

static void need_feature(uint64_t id, int shift, int least, const char *name)
{
	if ((int64_t)(get_register(0, id) << (60 - shift)) >> 60 < least)
		skip_all("this CPU has no %s", name);
}
`;

const NEED_ZVA = c`
static void need_zva(void)
{
	uint64_t dczid;

	asm("mrs %0, dczid_el0" : "=r"(dczid));
	if ((dczid & 0x1f) != 4)
		skip_all("DC ZVA of this CPU does not clear 64 bytes");
}
`;

const CREATE_VM = c`
static int create_vm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int bits;

	if (kvm < 0)
		skip_all("/dev/kvm: %s (run as root or in group kvm, on a kernel that was booted at EL2)", strerror(errno));
	if (sysconf(_SC_PAGESIZE) != PAGE)
		skip_all("this kernel's pages are not 4 KiB");
	bits = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
	if (bits > 0 && bits < 40)
		skip_all("this CPU's guest-physical addresses have fewer than 40 bits");
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
	__builtin___clear_cache((char *)code + GUEST_CODE, (char *)code + CODE_BYTES);
	map_code();
	slot.userspace_addr = (uintptr_t)code + PAGE;
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
}
`;

/** Translation of TTBR0 by granule: TG0 and T0SZ. */
const TTBR0: Readonly<Record<Granule, bigint>> = { '4k': 25n, '16k': (2n << 14n) | 17n, '64k': (1n << 14n) | 16n };
/** 40 bits of physical addresses; TTBR1: 39 bits in pages of 4 KiB; walks of both: write-back, inner shareable. */
const TCR = (2n << 32n) | (2n << 30n) | (25n << 16n) | (0x35n << 24n) | (0x35n << 8n);

function translationControl({ granule, ha, hd }: ArmConfig): string {
  const value = TCR | TTBR0[granule] | (ha ? 1n << 39n : 0n) | (hd ? 1n << 40n : 0n);
  const words = [`granule ${granule.toUpperCase()}`, ...(ha ? ['HA'] : []), ...(hd ? ['HD'] : [])];
  return `${hexText(value)});	/* TTBR0: ${words.join(', ')}; TTBR1: granule 4K, 39 bits */`;
}

function createVcpu(needs: Needs, config: ArmConfig): string {
  return c`
#define SCTLR_EL1 ARM64_SYS_REG(3, 0, 1, 0, 0)
#define CPACR_EL1 ARM64_SYS_REG(3, 0, 1, 0, 2)
#define TTBR0_EL1 ARM64_SYS_REG(3, 0, 2, 0, 0)
#define TTBR1_EL1 ARM64_SYS_REG(3, 0, 2, 0, 1)
#define TCR_EL1 ARM64_SYS_REG(3, 0, 2, 0, 2)
#define MAIR_EL1 ARM64_SYS_REG(3, 0, 10, 2, 0)
#define VBAR_EL1 ARM64_SYS_REG(3, 0, 12, 0, 0)

static void create_vcpu(int kvm, int cpu)
{
	struct vcpu *vcpu = &vcpus[cpu];
	struct kvm_vcpu_init init;
	int bytes = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");

	vcpu->fd = must(ioctl(vm, KVM_CREATE_VCPU, cpu), "KVM_CREATE_VCPU");
	vcpu->run = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	must(vcpu->run == MAP_FAILED ? -1 : 0, "mmap of the vCPU");
${when(needs.ring, '\tvcpu->ring = mmap(NULL, RING_ENTRIES * sizeof(*vcpu->ring), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd,\n\t\t\t  RING_PAGE * PAGE);\n\tmust(vcpu->ring == MAP_FAILED ? -1 : 0, "mmap of the dirty ring");\n')}	must(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
	must(ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	set_register(cpu, MAIR_EL1, 0xff04);	/* 0: device nGnRE; 1: normal memory, write-back */
	set_register(cpu, TTBR0_EL1, regions[PT].gpa);
	set_register(cpu, TTBR1_EL1, UPPER_L1);
	set_register(cpu, TCR_EL1, ${translationControl(config)}
	set_register(cpu, VBAR_EL1, GUEST(vectors));
	set_register(cpu, CPACR_EL1, 3 << 20);	/* no traps of vector instructions */
	set_register(cpu, SCTLR_EL1, 0x34d5d805);	/* MMU and caches on; EL0 may do cache maintenance */
}
`;
}

/** The fragments that define the machine. */
export function machineFragments(
  needs: Needs,
  config: ArmConfig,
  instructions: readonly Instruction[],
): Pick<ArchFragments, 'layout' | 'guest' | 'tables' | 'vcpuSetUp'> {
  const places = 'PAGE HUGE_PAGE VCPUS EL CODE PT DATA DATA2 NONE REGIONS WINDOW UPPER PT_PAGES';
  const stub = `#define STUB_OFFSET 0xf80	/* of the code in data pages that fetches run */\n#define STUB ${hexText(ARM_FETCH_STUB)}ull	/* ret */`;
  const labels = instructions.map(({ label }) => label).join(' ');
  return {
    layout: [
      fragment(places, layout(needs, config.granule)),
      fragment('STUB_OFFSET STUB', stub),
      fragment('RING_ENTRIES RING_PAGE', RING),
      descriptorBits(config),
    ],
    guest: [
      fragment('vm code vcpu vcpus registers', vcpu(needs)),
      fragment(`GUEST DOORBELL_DONE DOORBELL_EXCEPTION guest_code vectors ${labels}`, guestCode(instructions)),
      fragment('CORE_REG set_register get_register', REGISTERS),
      fragment('need_feature ID_AA64ISAR0_EL1 ID_AA64MMFR0_EL1 ID_AA64MMFR1_EL1', NEED_FEATURE),
      fragment('need_zva', NEED_ZVA),
    ],
    tables: [...tableFragments(config), fragment('create_vm', CREATE_VM), fragment('load_code', LOAD_CODE)],
    vcpuSetUp: [fragment('create_vcpu', createVcpu(needs, config))],
  };
}

/** What of the processor a case needs, as statements. */
export function featureLines({ granule, ha, hd }: ArmConfig, lse: boolean, zva: boolean): string[] {
  const need = (id: string, shift: number, least: number, name: string): string =>
    `\tneed_feature(ID_AA64${id}_EL1, ${shift}, ${least}, "${name}");`;
  const granule4k = need('MMFR0', 28, 0, '4K granule');
  return [
    ...(granule === '16k' ? [granule4k, need('MMFR0', 20, 1, '16K granule')] : [granule4k]),
    ...(granule === '64k' ? [need('MMFR0', 24, 0, '64K granule')] : []),
    ...(hd ? [need('MMFR1', 0, 2, 'hardware dirty state')] : ha ? [need('MMFR1', 0, 1, 'hardware access flags')] : []),
    ...(lse ? [need('ISAR0', 20, 2, 'atomic instructions (FEAT_LSE)')] : []),
    ...(zva ? ['\tneed_zva();'] : []),
  ];
}
