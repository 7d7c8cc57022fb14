/* What the files of this architecture share. */
#ifndef FL_INTERNAL_H
#define FL_INTERNAL_H

#include "arch.h"

/* guest.c: virtual addresses in the payload. */
uint64_t fl_guest_entry(void);
uint64_t fl_guest_vectors(void);
uint64_t fl_guest_label(uint32_t op);

/* Which of the blocks' words a vCPU and the host exchange. */
static inline uint64_t fl_block_read(const struct fl_vcpu *vcpu, size_t at)
{
    return *(const volatile uint64_t *)(const volatile void *)(vcpu->arch.block + at);
}

static inline void fl_block_write(const struct fl_vcpu *vcpu, size_t at, uint64_t value)
{
    *(volatile uint64_t *)(volatile void *)(vcpu->arch.block + at) = value;
}

/* vcpu.c: one register by its KVM_REG_ARM64 number; 0 or errno. */
int fl_reg_get(int vcpu_fd, uint64_t number, uint64_t *value);
int fl_reg_set(int vcpu_fd, uint64_t number, uint64_t value);
#define FL_CORE_REG(name) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))

/* tables.c: where the tables of a granule are, and how an address is cut into their indices. */
struct fl_geometry {
    uint32_t page[3]; /* of the first table of a level, 0: leaf; in 4 KiB pages of pt */
    uint32_t shift[3];
    uint32_t entries;
    uint32_t leaf_pages;
    uint64_t tcr; /* TG0 and T0SZ */
};
const struct fl_geometry *fl_geometry(uint8_t granule);

/* stale.c: TCR_EL1 for a granule and the bits of `paging`. */
uint64_t fl_tcr(uint8_t granule, uint8_t paging);

#endif
