/* The code region of x86_64: payload, descriptor tables, TSSs and fixed page tables. */
#include "guest.h"

#include <cpuid.h>
#include <string.h>

#include "arch.h"

/* The payload, linked into the library by payload_blob.S. */
extern const uint8_t fl_payload[];
extern const uint8_t fl_payload_end[];

struct payload_label {
    uint64_t start;
    uint64_t doorbell;
};

#define ENTRY_FIXED 0x67ull /* present, writable, user, accessed, dirty */

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_CODE   0x1b
#define SELECTOR_USER_DATA   0x23
#define SELECTOR_TSS(cpu)    ((uint16_t)(0x28 + 16 * (cpu)))
#define GDT_LIMIT            0x5f
/* The whole page: the I/O permission bitmap follows the TSS proper and is all zero, which lets CPL3 ring the
 * doorbell where a software MMU does not keep IOPL across native CPL3 execution. */
#define TSS_LIMIT        0xfff
#define TSS_RSP0         4
#define TSS_IST1         36
#define TSS_IOMAP        102
#define TSS_IOMAP_OFFSET 0x68

static const struct payload_label *labels(void)
{
    return (const struct payload_label *)(const void *)fl_payload;
}

uint64_t fl_guest_label(uint32_t op)
{
    return labels()[op].start;
}

uint64_t fl_guest_doorbell(uint32_t op)
{
    return labels()[op].doorbell;
}

static void put64(uint8_t *code, uint64_t gpa, uint64_t value)
{
    memcpy(code + gpa, &value, sizeof(value));
}

static void build_tables(uint8_t *code)
{
    put64(code, FL_PML4_GPA, FL_CODE_PDPT_GPA | ENTRY_FIXED);
    put64(code, FL_CODE_PDPT_GPA, FL_CODE_PD_GPA | ENTRY_FIXED);
    put64(code, FL_CODE_PD_GPA, FL_CODE_PT_GPA | ENTRY_FIXED);
    for (uint64_t gpa = 0; gpa < FL_CODE_SIZE; gpa += 4096)
        put64(code, FL_CODE_PT_GPA + gpa / 4096 * 8, gpa | ENTRY_FIXED);
    put64(code, FL_PML4_GPA + 8 * FL_PML4_TEST, FL_PT_REGION_GPA | ENTRY_FIXED);
    put64(code, FL_PML4_GPA + 8 * FL_PML4_ALIAS, FL_ALIAS_PDPT_GPA | ENTRY_FIXED);
    put64(code, FL_ALIAS_PDPT_GPA, FL_ALIAS_PD_GPA | ENTRY_FIXED);
    put64(code, FL_ALIAS_PD_GPA, FL_ALIAS_PT_GPA | ENTRY_FIXED);
    for (uint64_t page = 0; page < FL_PT_REGION_PAGES; page++)
        put64(code, FL_ALIAS_PT_GPA + page * 8, (FL_PT_REGION_GPA + page * 4096) | ENTRY_FIXED);
}

static void build_descriptors(uint8_t *code)
{
    put64(code, FL_GDT_GPA + 0x08, 0x00af9b000000ffff);
    put64(code, FL_GDT_GPA + 0x10, 0x00cf93000000ffff);
    put64(code, FL_GDT_GPA + 0x18, 0x00affb000000ffff);
    put64(code, FL_GDT_GPA + 0x20, 0x00cff3000000ffff);
    for (uint32_t cpu = 0; cpu < 2; cpu++) {
        uint64_t tss = FL_TSS_GPA(cpu);
        uint16_t iomap = TSS_IOMAP_OFFSET;

        put64(code, FL_GDT_GPA + SELECTOR_TSS(cpu),
              TSS_LIMIT | (tss & 0xffffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56);
        put64(code, tss + TSS_RSP0, FL_STACK_TOP(cpu));
        put64(code, tss + TSS_IST1, FL_EXC_STACK_TOP(cpu));
        memcpy(code + tss + TSS_IOMAP, &iomap, sizeof(iomap));
    }
    /* The exception entries follow the labels and their terminator. */
    const uint64_t *entries = (const uint64_t *)(const void *)(labels() + FL_OP_COUNT + 1);

    for (uint64_t vector = 0; vector < FL_VECTORS; vector++) {
        uint64_t entry = entries[vector];

        /* 64-bit interrupt gate through IST1: RSP may point at test data. */
        put64(code, FL_IDT_GPA + 16 * vector,
              (entry & 0xffff) | SELECTOR_KERNEL_CODE << 16 | 1ull << 32 | 0x8eull << 40 |
                  (entry >> 16 & 0xffff) << 48);
        put64(code, FL_IDT_GPA + 16 * vector + 8, entry >> 32);
    }
}

void fl_guest_build(uint8_t *code)
{
    memcpy(code + FL_PAYLOAD_GPA, fl_payload, (size_t)(fl_payload_end - fl_payload));
    build_tables(code);
    build_descriptors(code);
}

void fl_guest_scratch(uint8_t *code)
{
    memset(code + FL_SCRATCH_GPA, 0, 4096);
}

void fl_guest_sregs(struct kvm_sregs *sregs, uint32_t cpu, int user, int xsave)
{
    uint8_t dpl = user ? 3 : 0;
    struct kvm_segment code = {.limit = 0xffffffff,
                               .selector = user ? SELECTOR_USER_CODE : SELECTOR_KERNEL_CODE,
                               .type = 11,
                               .present = 1,
                               .dpl = dpl,
                               .s = 1,
                               .l = 1,
                               .g = 1};
    struct kvm_segment data = {.limit = 0xffffffff,
                               .selector = user ? SELECTOR_USER_DATA : SELECTOR_KERNEL_DATA,
                               .type = 3,
                               .present = 1,
                               .dpl = dpl,
                               .db = 1,
                               .s = 1,
                               .g = 1};
    struct kvm_segment tss = {
        .base = FL_TSS_GPA(cpu), .limit = TSS_LIMIT, .selector = SELECTOR_TSS(cpu), .type = 11, .present = 1};

    sregs->cr0 = 0x80010033; /* PG WP NE ET MP PE */
    sregs->cr2 = 0;
    sregs->cr3 = FL_PML4_GPA;
    sregs->cr4 = xsave ? 0x40620 : 0x620; /* (OSXSAVE) OSXMMEXCPT OSFXSR PAE */
    sregs->efer = 0xd00;                  /* NXE LMA LME */
    sregs->cs = code;
    sregs->ss = sregs->ds = sregs->es = sregs->fs = sregs->gs = data;
    sregs->tr = tss;
    sregs->gdt.base = FL_GDT_GPA;
    sregs->gdt.limit = GDT_LIMIT;
    sregs->idt.base = FL_IDT_GPA;
    sregs->idt.limit = FL_VECTORS * 16 - 1;
    memset(sregs->interrupt_bitmap, 0, sizeof(sregs->interrupt_bitmap));
}

struct fl_xsave_layout fl_guest_xsave_layout(void)
{
    struct fl_xsave_layout layout = {0};
    uint32_t a, b, c, d, low, high;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
        return layout;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6) != 6)
        return layout;
    layout.xcr0 = 7;
    __get_cpuid_count(0xd, 2, &a, &b, &c, &d);
    layout.ymm_high = b;
    if ((low & 0xe0) == 0xe0 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512F)) {
        layout.xcr0 |= 0xe0;
        __get_cpuid_count(0xd, 6, &a, &b, &c, &d);
        layout.zmm_high = b;
    }
    return layout;
}
