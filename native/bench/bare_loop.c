/*
 * What the machine can do: the reference scenario (three accesses, two holes, two dirty-log gets, and putting
 * memory back) as a plain loop of system calls, without any of the library's code but the guest's set-up.
 *
 *   bare_loop [seconds] [user] [fresh]
 *
 * `fresh` makes and destroys a VM for each scenario, as one test program per test does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "faultline_wire.generated.h"
#include "guest.h"

#define PAGES       4u
#define PAGE        4096u
#define CPUID_COUNT 256u
#define TABLE_FLAGS 0x67ull

struct machine {
    int kvm;
    int vm;
    int vcpu;
    int run_bytes;
    struct kvm_run *run;
    struct kvm_cpuid2 *cpuid;
    uint8_t *code;
    uint8_t *pt;
    uint8_t *data;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bare_loop: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void set_slot(const struct machine *m, uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t bytes,
                     const void *hva)
{
    struct kvm_userspace_memory_region region = {slot, flags, gpa, bytes, (uintptr_t)hva};

    must(!ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static uint8_t *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    must(memory != MAP_FAILED, "mmap");
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    return memory;
}

static void fill(uint8_t *data, uint32_t page)
{
    memset(data + page * PAGE, 0xa5, PAGE);
}

static void build_tables(uint8_t *pt)
{
    uint64_t *words = (uint64_t *)(void *)pt;

    words[0] = (FTL_GPA_PT + PAGE) | TABLE_FLAGS;
    words[512] = (FTL_GPA_PT + 2 * PAGE) | TABLE_FLAGS;
    for (uint32_t i = 0; i < PAGES; i++)
        words[1024 + i] = (FTL_GPA_DATA + i * PAGE) | TABLE_FLAGS;
}

static void create(struct machine *m, bool user)
{
    struct kvm_sregs sregs;

    m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0ul);
    must(m->vm >= 0, "KVM_CREATE_VM");
    m->code = map(FL_CODE_SIZE);
    m->pt = map(FTL_PT_PAGES * PAGE);
    m->data = map(PAGES * PAGE);
    fl_guest_build(m->code);
    build_tables(m->pt);
    for (uint32_t i = 0; i < PAGES; i++)
        fill(m->data, i);
    set_slot(m, 0, 0, 0, FL_CODE_SIZE, m->code);
    set_slot(m, 1, 0, FTL_GPA_PT, FTL_PT_PAGES * PAGE, m->pt);
    set_slot(m, 2, KVM_MEM_LOG_DIRTY_PAGES, FTL_GPA_DATA, PAGES * PAGE, m->data);
    m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0ul);
    must(m->vcpu >= 0, "KVM_CREATE_VCPU");
    m->run = mmap(NULL, (size_t)m->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
    must(m->run != MAP_FAILED, "mmap vcpu");
    must(!ioctl(m->vcpu, KVM_SET_CPUID2, m->cpuid), "KVM_SET_CPUID2");
    must(!ioctl(m->vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
    fl_guest_sregs(&sregs, 0, user, 0);
    must(!ioctl(m->vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
}

static void destroy(struct machine *m)
{
    munmap(m->run, (size_t)m->run_bytes);
    close(m->vcpu);
    close(m->vm);
    munmap(m->code, FL_CODE_SIZE);
    munmap(m->pt, FTL_PT_PAGES * PAGE);
    munmap(m->data, PAGES * PAGE);
}

static void run_access(struct machine *m, uint32_t op)
{
    struct kvm_regs regs = {.rax = 0x77, .rdi = FTL_GVA_DATA + 0x100, .rip = fl_guest_label(op), .rflags = 2};

    m->run->s.regs.regs = regs;
    m->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
    m->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
    must(!ioctl(m->vcpu, KVM_RUN, 0ul), "KVM_RUN");
    must(m->run->exit_reason == KVM_EXIT_IO && m->run->io.port == FL_PORT_DONE, "the doorbell");
}

static void hole(struct machine *m)
{
    must(!madvise(m->data, PAGE, MADV_DONTNEED), "MADV_DONTNEED");
}

static void dirty_get(struct machine *m)
{
    uint64_t bitmap = 0;
    struct kvm_dirty_log log = {.slot = 2, .dirty_bitmap = &bitmap};

    must(!ioctl(m->vm, KVM_GET_DIRTY_LOG, &log), "KVM_GET_DIRTY_LOG");
}

static void scenario(struct machine *m)
{
    run_access(m, FL_OP_load_64);
    hole(m);
    run_access(m, FL_OP_store_64);
    dirty_get(m);
    hole(m);
    run_access(m, FL_OP_load_64);
    dirty_get(m);
}

/* Content and dirty log as at the start. */
static void reset(struct machine *m)
{
    fill(m->data, 0);
    dirty_get(m);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    bool user = false;
    bool fresh = false;
    struct machine m = {0};
    uint64_t count = 0;
    double start;

    for (int i = 2; i < argc; i++) {
        user |= !strcmp(argv[i], "user");
        fresh |= !strcmp(argv[i], "fresh");
    }
    m.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    must(m.kvm >= 0, "/dev/kvm");
    m.run_bytes = ioctl(m.kvm, KVM_GET_VCPU_MMAP_SIZE, 0ul);
    m.cpuid = calloc(1, sizeof(*m.cpuid) + CPUID_COUNT * sizeof(struct kvm_cpuid_entry2));
    must(m.cpuid != NULL, "calloc");
    m.cpuid->nent = CPUID_COUNT;
    must(!ioctl(m.kvm, KVM_GET_SUPPORTED_CPUID, m.cpuid), "KVM_GET_SUPPORTED_CPUID");
    create(&m, user);
    start = now();
    while (now() - start < seconds) {
        if (fresh) {
            destroy(&m);
            create(&m, user);
        }
        scenario(&m);
        if (!fresh)
            reset(&m);
        count++;
    }
    printf("%.0f\n", (double)count / (now() - start));
    destroy(&m);
    free(m.cpuid);
    close(m.kvm);
    return 0;
}
