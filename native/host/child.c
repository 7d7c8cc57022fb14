/* A forked child that keeps the guest's memory, so that private pages become copy-on-write. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "context.h"

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGES_MAX       512u

/* FNV-1a over 8-byte words: any change shows, and it needs no library in the child. */
static uint64_t checksum_page(const uint8_t *page, uint64_t hash)
{
    const uint64_t *words = (const uint64_t *)(const void *)page;

    for (uint32_t i = 0; i < FL_PAGE / 8; i++)
        hash = (hash ^ words[i]) * 0x100000001b3ull;
    return hash;
}

/* Only pages that were there at the fork: reading any other would bring it in. */
static uint64_t checksum(const struct fl_vm *vm, uint64_t present[FL_SLOTS][PAGES_MAX / 64])
{
    uint64_t hash = 0xcbf29ce484222325ull;

    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        const struct fl_region *region = &vm->regions[slot];

        if (!region->shape.used || !fl_is_private(region->shape.backing))
            continue;
        for (uint32_t page = 0; page < region->shape.pages; page++) {
            if (present[slot][page / 64] >> page % 64 & 1)
                hash = checksum_page(region->hva + page * FL_PAGE, hash);
        }
    }
    return hash;
}

static void find_present(const struct fl_vm *vm, int pagemap, uint64_t present[FL_SLOTS][PAGES_MAX / 64])
{
    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        const struct fl_region *region = &vm->regions[slot];

        if (!region->shape.used || !fl_is_private(region->shape.backing))
            continue;
        for (uint32_t page = 0; page < region->shape.pages; page++) {
            uint64_t entry = 0;
            off_t at = (off_t)(((uintptr_t)region->hva / FL_PAGE + page) * sizeof(entry));

            if (pread(pagemap, &entry, sizeof(entry), at) == (ssize_t)sizeof(entry) &&
                entry & PAGEMAP_PRESENT)
                present[slot][page / 64] |= 1ull << page % 64;
        }
        /* The parent's protections are the parent's experiment. */
        mprotect(region->hva, region->bytes, PROT_READ);
    }
}

/* Only async-signal-safe calls: the parent has threads. */
static void hold(const struct fl_vm *vm, int from_parent, int to_parent)
{
    uint64_t present[FL_SLOTS][PAGES_MAX / 64];
    uint64_t before;
    uint8_t byte = 0;
    int pagemap;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGBUS, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    memset(present, 0, sizeof(present));
    if (pagemap >= 0)
        find_present(vm, pagemap, present);
    before = checksum(vm, present);
    if (write(to_parent, &byte, 1) != 1)
        _exit(1);
    if (read(from_parent, &byte, 1) != 1)
        _exit(1);
    byte = checksum(vm, present) != before;
    if (write(to_parent, &byte, 1) != 1)
        _exit(1);
    _exit(0);
}

uint32_t fl_child_fork(struct fl_exec *exec)
{
    struct fl_child *child = &exec->child;
    int down[2];
    int up[2];
    uint8_t ready;

    if (pipe2(down, O_CLOEXEC))
        return (uint32_t)errno;
    if (pipe2(up, O_CLOEXEC)) {
        int error = errno;

        close(down[0]);
        close(down[1]);
        return (uint32_t)error;
    }
    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++)
        exec->vm->regions[slot].tainted = true;
    child->pid = fork();
    if (child->pid == 0) {
        close(down[1]);
        close(up[0]);
        hold(exec->vm, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    child->to_child = down[1];
    child->from_child = up[0];
    if (child->pid < 0) {
        int error = errno;

        close(down[1]);
        close(up[0]);
        child->pid = 0;
        return (uint32_t)error;
    }
    /* From here on the child's view is fixed. */
    if (read(child->from_child, &ready, 1) != 1)
        fl_fail(exec, FTL_STATUS_FAULT, "the forked child died before it was ready");
    return 0;
}

int fl_child_release(struct fl_exec *exec, bool *changed)
{
    struct fl_child *child = &exec->child;
    uint8_t byte = 0;
    int status;

    if (!child->pid)
        return (int)FL_DRIVER_EINVAL;
    if (write(child->to_child, &byte, 1) != 1 || read(child->from_child, &byte, 1) != 1)
        fl_fail(exec, FTL_STATUS_FAULT, "the forked child died before it was released");
    close(child->to_child);
    close(child->from_child);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
    *changed = byte != 0;
    return 0;
}

void fl_child_kill(struct fl_exec *exec)
{
    struct fl_child *child = &exec->child;

    if (!child->pid)
        return;
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(child->to_child);
    close(child->from_child);
    child->pid = 0;
}
