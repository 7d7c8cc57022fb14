#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "context.h"

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif

static int open_fd(uint8_t backing, size_t bytes)
{
    unsigned flags = MFD_CLOEXEC | (backing == FTL_BACKING_HUGETLB_SHARED ? MFD_HUGETLB : 0);
    int fd = memfd_create("faultline", flags);

    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)bytes)) {
        int error = -errno;

        close(fd);
        return error;
    }
    return fd;
}

/* Maps at a 2 MiB boundary, so that a region's offset decides how it lies in huge pages. */
static uint8_t *map_aligned(size_t bytes, int flags, int fd)
{
    size_t room = bytes + FL_HUGE;
    uint8_t *reserve = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *base;

    if (reserve == MAP_FAILED)
        return NULL;
    base = reserve + (FL_HUGE - (uintptr_t)reserve % FL_HUGE) % FL_HUGE;
    if (mmap(base, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) == MAP_FAILED) {
        int error = errno;

        munmap(reserve, room);
        errno = error;
        return NULL;
    }
    /* The leftovers stay reserved with the mapping when it is aligned by luck; otherwise give them back. */
    if (base > reserve)
        munmap(reserve, (size_t)(base - reserve));
    if (reserve + room > base + bytes)
        munmap(base + bytes, (size_t)(reserve + room - base - bytes));
    return base;
}

int fl_mapping_open(struct fl_mapping *mapping, uint8_t backing, size_t bytes)
{
    int flags = fl_is_private(backing) ? MAP_PRIVATE : MAP_SHARED;
    int fd = -1;

    if (backing == FTL_BACKING_MEMFD || backing == FTL_BACKING_HUGETLB_SHARED) {
        fd = open_fd(backing, bytes);
        if (fd < 0)
            return fd;
    } else {
        flags |= MAP_ANONYMOUS;
    }
    if (backing == FTL_BACKING_HUGETLB)
        flags |= MAP_HUGETLB;
    mapping->base = map_aligned(bytes, flags, fd);
    if (!mapping->base) {
        int error = -errno;

        if (fd >= 0)
            close(fd);
        return error;
    }
    mapping->bytes = bytes;
    mapping->fd = fd;
    /* Only where the scenario says so: splitting a huge page hides what small pages show. */
    if (!fl_is_hugetlb(backing))
        madvise(mapping->base, bytes, backing == FTL_BACKING_ANON_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    return 0;
}

void fl_mapping_close(struct fl_mapping *mapping)
{
    if (!mapping->base)
        return;
    munmap(mapping->base, mapping->bytes);
    if (mapping->fd >= 0)
        close(mapping->fd);
    *mapping = (struct fl_mapping){.fd = -1};
}

int fl_region_drop(struct fl_region *region)
{
    if (!region->hva)
        return 0;
    region->filled = false;
    /* DONTNEED first: it also removes the markers that userfaultfd leaves in page tables. */
    if (madvise(region->hva, region->bytes, MADV_DONTNEED))
        return -errno;
    if (!fl_is_private(region->shape.backing) && madvise(region->hva, region->bytes, MADV_REMOVE))
        return -errno;
    return 0;
}
