/* Generated from src/driver/wire/spec.ts by `npm run wire`. Do not edit. */
#ifndef FAULTLINE_WIRE_GENERATED_H
#define FAULTLINE_WIRE_GENERATED_H

#include <stdint.h>

#define FTL_MAGIC 0x314c5446u
#define FTL_VERSION 3u

#define FTL_MAX_RESPONSE 0x3400000u
#define FTL_FETCH_STUB 0xe3ffu
#define FTL_FETCH_STUB_BYTES 0x2u
#define FTL_FETCH_STUB_OFFSET 0xf80u
#define FTL_MAX_ANSWERS 0x4u
#define FTL_MAX_DELAY_US 0x7d0u
#define FTL_MAX_MMIO_READS 0x4u
#define FTL_MAX_NONE_PAGES 0x10u
#define FTL_MAX_OFFSET_PAGES 0x1ffu
#define FTL_MAX_PAGES 0xc8u
#define FTL_MAX_REP_COUNT 0x40u
#define FTL_MAX_STEPS 0x20u
#define FTL_PAGE_SIZE 0x1000u
#define FTL_PT_PAGES 0x8u
#define FTL_UFFD_MAX_PAGES 0x10u
#define FTL_UFFD_MAX_STEPS 0x14u
#define FTL_UFFD_THREADS 0x3u

#define FTL_GPA_PT 0x40000000u
#define FTL_GPA_DATA 0x7fc0000000ull
#define FTL_GPA_DATA2 0x6000000000ull
#define FTL_GPA_NONE 0x5000000000ull
#define FTL_GPA_DOORBELL 0x30000000u
#define FTL_GPA_DATA_AWAY 0x7ec0000000ull
#define FTL_GPA_DATA2_AWAY 0x6100000000ull
#define FTL_GVA_DATA 0x8000000000ull
#define FTL_GVA_DATA2 0x8000400000ull
#define FTL_GVA_NONE 0x8000800000ull
#define FTL_GVA_PT_ALIAS 0x10000000000ull
#define FTL_GVA_TRAP 0x18000000000ull
#define FTL_PT_PAGE_PDPT 0x0u
#define FTL_PT_PAGE_PD 0x1u
#define FTL_PT_PAGE_DATA 0x2u
#define FTL_PT_PAGE_DATA2 0x4u
#define FTL_PT_PAGE_NONE 0x6u
#define FTL_PD_INDEX_DATA 0x0u
#define FTL_PD_INDEX_DATA2 0x2u
#define FTL_PD_INDEX_NONE 0x4u
#define FTL_PTE_BIT_PRESENT 0x0u
#define FTL_PTE_BIT_WRITABLE 0x1u
#define FTL_PTE_BIT_USER 0x2u
#define FTL_PTE_BIT_ACCESSED 0x5u
#define FTL_PTE_BIT_DIRTY 0x6u
#define FTL_FILL_TAG_INITIAL 0xa5u
#define FTL_FILL_TAG_COPY 0xc3u

#define FTL_ARM_GVA_DATA 0x40000000u
#define FTL_ARM_GVA_DATA2 0x40400000u
#define FTL_ARM_GVA_NONE 0x40800000u
#define FTL_ARM_GVA_PT_ALIAS 0xffffff8040000000ull
#define FTL_ARM_PTE_BIT_VALID 0x0u
#define FTL_ARM_PTE_BIT_PAGE 0x1u
#define FTL_ARM_PTE_BIT_USER 0x6u
#define FTL_ARM_PTE_BIT_READONLY 0x7u
#define FTL_ARM_PTE_BIT_ACCESSED 0xau
#define FTL_ARM_PTE_BIT_DBM 0x33u
#define FTL_GRANULE_PAGES_4K 0x1u
#define FTL_GRANULE_PAGES_16K 0x4u
#define FTL_GRANULE_PAGES_64K 0x10u
#define FTL_ARM_FETCH_STUB 0xd65f03c0u
#define FTL_ARM_FETCH_STUB_BYTES 0x4u
#define FTL_ARM_MAX_PT_PAGES 0x30u

#define FTL_SLOT_LOG 0x1u
#define FTL_SLOT_READONLY 0x2u

#define FTL_UFFD_MODE_MISSING 0x1u
#define FTL_UFFD_MODE_MINOR 0x2u
#define FTL_UFFD_MODE_WP 0x4u

#define FTL_INITIAL_PTE_A 0x1u
#define FTL_INITIAL_PDE_A 0x2u
#define FTL_INITIAL_PDPTE_A 0x4u
#define FTL_INITIAL_PTE_D 0x8u

#define FTL_INITIAL_AARCH64_AF 0x1u
#define FTL_INITIAL_AARCH64_DBM 0x2u
#define FTL_INITIAL_AARCH64_WRITABLE 0x4u

#define FTL_PAGING_HA 0x1u
#define FTL_PAGING_HD 0x2u

#define FTL_REQUEST_FRESH_VM 0x1u
#define FTL_REQUEST_HAS_DATA2 0x2u

#define FTL_STEP_SET 0x1u
#define FTL_STEP_FLUSH 0x2u
#define FTL_STEP_RACE_WITH_NEXT 0x4u

#define FTL_UFFD_EVENT_WRITE 0x1u
#define FTL_UFFD_EVENT_WP 0x2u
#define FTL_UFFD_EVENT_MINOR 0x4u

#define FTL_CAP_KVM 0x1u
#define FTL_CAP_SYNC_REGS 0x2u
#define FTL_CAP_READONLY_MEM 0x4u
#define FTL_CAP_DIRTY_LOG 0x8u
#define FTL_CAP_MANUAL_PROTECT 0x10u
#define FTL_CAP_DIRTY_RING 0x20u
#define FTL_CAP_MEMORY_FAULT_INFO 0x40u
#define FTL_CAP_USERFAULTFD 0x80u
#define FTL_CAP_UFFD_MISSING_SHMEM 0x100u
#define FTL_CAP_UFFD_MISSING_HUGETLB 0x200u
#define FTL_CAP_UFFD_MINOR_HUGETLB 0x400u
#define FTL_CAP_UFFD_MINOR_SHMEM 0x800u
#define FTL_CAP_UFFD_WP 0x1000u
#define FTL_CAP_UFFD_WP_SHMEM_HUGETLB 0x2000u
#define FTL_CAP_UFFD_POISON 0x4000u
#define FTL_CAP_UFFD_THREAD_ID 0x8000u
#define FTL_CAP_AVX 0x10000u
#define FTL_CAP_AVX512 0x20000u
#define FTL_CAP_THP 0x40000u
#define FTL_CAP_MEMFD_HUGETLB 0x80000u
#define FTL_CAP_LSE 0x100000u
#define FTL_CAP_HA 0x200000u
#define FTL_CAP_HD 0x400000u
#define FTL_CAP_GRANULE_4K 0x800000u
#define FTL_CAP_GRANULE_16K 0x1000000u
#define FTL_CAP_GRANULE_64K 0x2000000u

enum { /* family */
    FTL_FAMILY_STAGE2 = 0,
    FTL_FAMILY_UFFD = 1,
    FTL_FAMILY_COUNT = 2,
};

enum { /* arch */
    FTL_ARCH_X86_64 = 0,
    FTL_ARCH_AARCH64 = 1,
    FTL_ARCH_COUNT = 2,
};

enum { /* region */
    FTL_REGION_CODE = 0,
    FTL_REGION_PT = 1,
    FTL_REGION_DATA = 2,
    FTL_REGION_DATA2 = 3,
    FTL_REGION_NONE = 4,
    FTL_REGION_SCRATCH = 5,
    FTL_REGION_COUNT = 6,
};

enum { /* privilege */
    FTL_PRIVILEGE_KERNEL = 0,
    FTL_PRIVILEGE_USER = 1,
    FTL_PRIVILEGE_COUNT = 2,
};

enum { /* backing */
    FTL_BACKING_ANON = 0,
    FTL_BACKING_ANON_THP = 1,
    FTL_BACKING_SHMEM = 2,
    FTL_BACKING_MEMFD = 3,
    FTL_BACKING_HUGETLB = 4,
    FTL_BACKING_HUGETLB_SHARED = 5,
    FTL_BACKING_COUNT = 6,
};

enum { /* dirty_tracking */
    FTL_DIRTY_TRACKING_BITMAP = 0,
    FTL_DIRTY_TRACKING_BITMAP_MANUAL = 1,
    FTL_DIRTY_TRACKING_BITMAP_MANUAL_INIT_SET = 2,
    FTL_DIRTY_TRACKING_RING = 3,
    FTL_DIRTY_TRACKING_COUNT = 4,
};

enum { /* missing_answer */
    FTL_MISSING_ANSWER_COPY = 0,
    FTL_MISSING_ANSWER_COPY_WP = 1,
    FTL_MISSING_ANSWER_ZEROPAGE = 2,
    FTL_MISSING_ANSWER_POISON = 3,
    FTL_MISSING_ANSWER_NONE = 4,
    FTL_MISSING_ANSWER_COUNT = 5,
};

enum { /* minor_answer */
    FTL_MINOR_ANSWER_CONTINUE = 0,
    FTL_MINOR_ANSWER_NONE = 1,
    FTL_MINOR_ANSWER_COUNT = 2,
};

enum { /* wp_answer */
    FTL_WP_ANSWER_UNPROTECT = 0,
    FTL_WP_ANSWER_NONE = 1,
    FTL_WP_ANSWER_COUNT = 2,
};

enum { /* op */
    FTL_OP_LOAD = 0,
    FTL_OP_LOAD_ZX = 1,
    FTL_OP_LOAD_SX = 2,
    FTL_OP_STORE = 3,
    FTL_OP_PUSH = 4,
    FTL_OP_POP = 5,
    FTL_OP_MOVS = 6,
    FTL_OP_REP_MOVS = 7,
    FTL_OP_STOS = 8,
    FTL_OP_REP_STOS = 9,
    FTL_OP_XCHG = 10,
    FTL_OP_CMPXCHG = 11,
    FTL_OP_CMPXCHG16B = 12,
    FTL_OP_LOCK_ADD = 13,
    FTL_OP_LOCK_OR = 14,
    FTL_OP_LOCK_AND = 15,
    FTL_OP_LOCK_BTS = 16,
    FTL_OP_MOVUPS_LOAD = 17,
    FTL_OP_MOVUPS_STORE = 18,
    FTL_OP_MOVAPS_LOAD = 19,
    FTL_OP_MOVAPS_STORE = 20,
    FTL_OP_AVX_LOAD = 21,
    FTL_OP_AVX_STORE = 22,
    FTL_OP_AVX512_LOAD = 23,
    FTL_OP_AVX512_STORE = 24,
    FTL_OP_MOVNTI = 25,
    FTL_OP_CLFLUSH = 26,
    FTL_OP_PREFETCHW = 27,
    FTL_OP_FETCH = 28,
    FTL_OP_COUNT = 29,
};

enum { /* op_aarch64 */
    FTL_OP_AARCH64_LDR = 0,
    FTL_OP_AARCH64_LDRS = 1,
    FTL_OP_AARCH64_LDRS_W = 2,
    FTL_OP_AARCH64_STR = 3,
    FTL_OP_AARCH64_LDR_PRE = 4,
    FTL_OP_AARCH64_LDR_POST = 5,
    FTL_OP_AARCH64_STR_PRE = 6,
    FTL_OP_AARCH64_STR_POST = 7,
    FTL_OP_AARCH64_LDP = 8,
    FTL_OP_AARCH64_STP = 9,
    FTL_OP_AARCH64_LDAR = 10,
    FTL_OP_AARCH64_STLR = 11,
    FTL_OP_AARCH64_LDXR = 12,
    FTL_OP_AARCH64_STXR = 13,
    FTL_OP_AARCH64_CAS = 14,
    FTL_OP_AARCH64_LDADD = 15,
    FTL_OP_AARCH64_SWP = 16,
    FTL_OP_AARCH64_LDR_Q = 17,
    FTL_OP_AARCH64_STR_Q = 18,
    FTL_OP_AARCH64_LDTR = 19,
    FTL_OP_AARCH64_STTR = 20,
    FTL_OP_AARCH64_DC_ZVA = 21,
    FTL_OP_AARCH64_DC_CIVAC = 22,
    FTL_OP_AARCH64_DC_CVAC = 23,
    FTL_OP_AARCH64_AT_S1E1R = 24,
    FTL_OP_AARCH64_AT_S1E1W = 25,
    FTL_OP_AARCH64_PRFM = 26,
    FTL_OP_AARCH64_BLR = 27,
    FTL_OP_AARCH64_COUNT = 28,
};

enum { /* comparand */
    FTL_COMPARAND_INITIAL = 0,
    FTL_COMPARAND_COPY = 1,
    FTL_COMPARAND_ZERO = 2,
    FTL_COMPARAND_VALUE = 3,
    FTL_COMPARAND_COUNT = 4,
};

enum { /* hole_method */
    FTL_HOLE_METHOD_PUNCH = 0,
    FTL_HOLE_METHOD_DONTNEED = 1,
    FTL_HOLE_METHOD_REMOVE = 2,
    FTL_HOLE_METHOD_FREE = 3,
    FTL_HOLE_METHOD_COUNT = 4,
};

enum { /* pte_level */
    FTL_PTE_LEVEL_PTE = 0,
    FTL_PTE_LEVEL_PDE = 1,
    FTL_PTE_LEVEL_PDPTE = 2,
    FTL_PTE_LEVEL_COUNT = 3,
};

enum { /* pte_flag */
    FTL_PTE_FLAG_PRESENT = 0,
    FTL_PTE_FLAG_WRITABLE = 1,
    FTL_PTE_FLAG_ACCESSED = 2,
    FTL_PTE_FLAG_DIRTY = 3,
    FTL_PTE_FLAG_COUNT = 4,
};

enum { /* pte_level_aarch64 */
    FTL_PTE_LEVEL_AARCH64_L3 = 0,
    FTL_PTE_LEVEL_AARCH64_L2 = 1,
    FTL_PTE_LEVEL_AARCH64_L1 = 2,
    FTL_PTE_LEVEL_AARCH64_COUNT = 3,
};

enum { /* pte_flag_aarch64 */
    FTL_PTE_FLAG_AARCH64_VALID = 0,
    FTL_PTE_FLAG_AARCH64_WRITABLE = 1,
    FTL_PTE_FLAG_AARCH64_AF = 2,
    FTL_PTE_FLAG_AARCH64_DBM = 3,
    FTL_PTE_FLAG_AARCH64_COUNT = 4,
};

enum { /* granule */
    FTL_GRANULE_4K = 0,
    FTL_GRANULE_16K = 1,
    FTL_GRANULE_64K = 2,
    FTL_GRANULE_COUNT = 3,
};

enum { /* actor */
    FTL_ACTOR_GUEST = 0,
    FTL_ACTOR_HOST = 1,
    FTL_ACTOR_COUNT = 2,
};

enum { /* prot */
    FTL_PROT_NONE = 0,
    FTL_PROT_READ = 1,
    FTL_PROT_READ_WRITE = 2,
    FTL_PROT_COUNT = 3,
};

enum { /* step */
    FTL_STEP_ACCESS = 0,
    FTL_STEP_HOLE = 1,
    FTL_STEP_PTE = 2,
    FTL_STEP_MEMSLOT_LOG = 3,
    FTL_STEP_MEMSLOT_REPLACE = 4,
    FTL_STEP_MEMSLOT_DELETE = 5,
    FTL_STEP_MEMSLOT_CREATE = 6,
    FTL_STEP_MEMSLOT_MOVE = 7,
    FTL_STEP_DIRTY_GET = 8,
    FTL_STEP_DIRTY_CLEAR = 9,
    FTL_STEP_DIRTY_HARVEST = 10,
    FTL_STEP_DIRTY_RESET = 11,
    FTL_STEP_HOST_READ = 12,
    FTL_STEP_HOST_WRITE = 13,
    FTL_STEP_HOST_MPROTECT = 14,
    FTL_STEP_HOST_FORK = 15,
    FTL_STEP_HOST_RELEASE = 16,
    FTL_STEP_UFFD_REGISTER = 17,
    FTL_STEP_UFFD_UNREGISTER = 18,
    FTL_STEP_UFFD_PROTECT = 19,
    FTL_STEP_UFFD_UNPROTECT = 20,
    FTL_STEP_UFFD_ANSWERS = 21,
    FTL_STEP_COUNT = 22,
};

enum { /* status */
    FTL_STATUS_OK = 0,
    FTL_STATUS_REFUSED = 1,
    FTL_STATUS_SKIPPED = 2,
    FTL_STATUS_FAULT = 3,
    FTL_STATUS_HANG = 4,
    FTL_STATUS_COUNT = 5,
};

enum { /* event */
    FTL_EVENT_UFFD = 0,
    FTL_EVENT_MMIO = 1,
    FTL_EVENT_DONE = 2,
    FTL_EVENT_LANES = 3,
    FTL_EVENT_REGISTERS = 4,
    FTL_EVENT_EXCEPTION = 5,
    FTL_EVENT_INTERNAL_ERROR = 6,
    FTL_EVENT_MEMORY_FAULT = 7,
    FTL_EVENT_RING_FULL = 8,
    FTL_EVENT_RUN_ERROR = 9,
    FTL_EVENT_SHUTDOWN = 10,
    FTL_EVENT_OTHER_EXIT = 11,
    FTL_EVENT_SIGBUS = 12,
    FTL_EVENT_HANG = 13,
    FTL_EVENT_PTES = 14,
    FTL_EVENT_RESULT = 15,
    FTL_EVENT_DIRTY_WORD = 16,
    FTL_EVENT_RING_ENTRY = 17,
    FTL_EVENT_WITHDRAWN = 18,
    FTL_EVENT_PAGE = 19,
    FTL_EVENT_PAGE_WORD = 20,
    FTL_EVENT_CHILD = 21,
    FTL_EVENT_COUNT = 22,
};

enum { /* page_base */
    FTL_PAGE_BASE_INITIAL = 0,
    FTL_PAGE_BASE_ZERO = 1,
    FTL_PAGE_BASE_COPY = 2,
    FTL_PAGE_BASE_COUNT = 3,
};

enum { /* plant */
    FTL_PLANT_NONE = 0,
    FTL_PLANT_DROP_DIRTY_BIT = 1,
    FTL_PLANT_FLIP_READ_VALUE = 2,
    FTL_PLANT_SKIP_RESET = 3,
    FTL_PLANT_SWALLOW_MMIO = 4,
    FTL_PLANT_CRASH = 5,
    FTL_PLANT_WEDGE = 6,
    FTL_PLANT_COUNT = 7,
};

enum { /* uffd_memory */
    FTL_UFFD_MEMORY_ANON = 0,
    FTL_UFFD_MEMORY_SHMEM = 1,
    FTL_UFFD_MEMORY_SHMEM_PRIVATE = 2,
    FTL_UFFD_MEMORY_HUGETLB = 3,
    FTL_UFFD_MEMORY_HUGETLB_PRIVATE = 4,
    FTL_UFFD_MEMORY_COUNT = 5,
};

enum { /* uffd_open */
    FTL_UFFD_OPEN_SYSCALL = 0,
    FTL_UFFD_OPEN_DEVICE = 1,
    FTL_UFFD_OPEN_USER_MODE_ONLY = 2,
    FTL_UFFD_OPEN_COUNT = 3,
};

enum { /* uffd_page_state */
    FTL_UFFD_PAGE_STATE_HOLE = 0,
    FTL_UFFD_PAGE_STATE_CACHED = 1,
    FTL_UFFD_PAGE_STATE_MAPPED = 2,
    FTL_UFFD_PAGE_STATE_COUNT = 3,
};

enum { /* uffd_fill */
    FTL_UFFD_FILL_A = 0,
    FTL_UFFD_FILL_B = 1,
    FTL_UFFD_FILL_INITIAL = 2,
    FTL_UFFD_FILL_COUNT = 3,
};

enum { /* uffd_flaw */
    FTL_UFFD_FLAW_NONE = 0,
    FTL_UFFD_FLAW_UNALIGNED_START = 1,
    FTL_UFFD_FLAW_UNALIGNED_LENGTH = 2,
    FTL_UFFD_FLAW_EMPTY = 3,
    FTL_UFFD_FLAW_BEYOND = 4,
    FTL_UFFD_FLAW_OUTSIDE = 5,
    FTL_UFFD_FLAW_WRAP = 6,
    FTL_UFFD_FLAW_HIGH = 7,
    FTL_UFFD_FLAW_SMALL_START = 8,
    FTL_UFFD_FLAW_SMALL_LENGTH = 9,
    FTL_UFFD_FLAW_COUNT = 10,
};

enum { /* uffd_source */
    FTL_UFFD_SOURCE_SOUND = 0,
    FTL_UFFD_SOURCE_UNALIGNED = 1,
    FTL_UFFD_SOURCE_UNMAPPED = 2,
    FTL_UFFD_SOURCE_ENDS = 3,
    FTL_UFFD_SOURCE_WRAP = 4,
    FTL_UFFD_SOURCE_COUNT = 5,
};

enum { /* uffd_argument */
    FTL_UFFD_ARGUMENT_SOUND = 0,
    FTL_UFFD_ARGUMENT_UNMAPPED = 1,
    FTL_UFFD_ARGUMENT_READONLY = 2,
    FTL_UFFD_ARGUMENT_COUNT = 3,
};

enum { /* uffd_ioctl */
    FTL_UFFD_IOCTL_REGISTER = 0,
    FTL_UFFD_IOCTL_UNREGISTER = 1,
    FTL_UFFD_IOCTL_WAKE = 2,
    FTL_UFFD_IOCTL_COPY = 3,
    FTL_UFFD_IOCTL_ZEROPAGE = 4,
    FTL_UFFD_IOCTL_MOVE = 5,
    FTL_UFFD_IOCTL_WRITEPROTECT = 6,
    FTL_UFFD_IOCTL_CONTINUE = 7,
    FTL_UFFD_IOCTL_POISON = 8,
    FTL_UFFD_IOCTL_COUNT = 9,
};

enum { /* uffd_advice */
    FTL_UFFD_ADVICE_DONTNEED = 0,
    FTL_UFFD_ADVICE_REMOVE = 1,
    FTL_UFFD_ADVICE_FREE = 2,
    FTL_UFFD_ADVICE_COLLAPSE = 3,
    FTL_UFFD_ADVICE_PAGEOUT = 4,
    FTL_UFFD_ADVICE_POPULATE_READ = 5,
    FTL_UFFD_ADVICE_POPULATE_WRITE = 6,
    FTL_UFFD_ADVICE_COUNT = 7,
};

enum { /* uffd_descriptor */
    FTL_UFFD_DESCRIPTOR_OWN = 0,
    FTL_UFFD_DESCRIPTOR_CHILD = 1,
    FTL_UFFD_DESCRIPTOR_COUNT = 2,
};

enum { /* uffd_step_kind */
    FTL_UFFD_STEP_KIND_READ = 0,
    FTL_UFFD_STEP_KIND_WRITE = 1,
    FTL_UFFD_STEP_KIND_IOCTL = 2,
    FTL_UFFD_STEP_KIND_API = 3,
    FTL_UFFD_STEP_KIND_API_FRESH = 4,
    FTL_UFFD_STEP_KIND_API_UNPRIVILEGED = 5,
    FTL_UFFD_STEP_KIND_ADVISE = 6,
    FTL_UFFD_STEP_KIND_FORK = 7,
    FTL_UFFD_STEP_KIND_EXIT = 8,
    FTL_UFFD_STEP_KIND_KERNEL_READ = 9,
    FTL_UFFD_STEP_KIND_KERNEL_WRITE = 10,
    FTL_UFFD_STEP_KIND_PAGEMAP = 11,
    FTL_UFFD_STEP_KIND_COUNT = 12,
};

enum { /* uffd_event_kind */
    FTL_UFFD_EVENT_KIND_RESULT = 0,
    FTL_UFFD_EVENT_KIND_MESSAGE = 1,
    FTL_UFFD_EVENT_KIND_DONE = 2,
    FTL_UFFD_EVENT_KIND_SIGBUS = 3,
    FTL_UFFD_EVENT_KIND_WAITS = 4,
    FTL_UFFD_EVENT_KIND_ENTRY = 5,
    FTL_UFFD_EVENT_KIND_PAGE = 6,
    FTL_UFFD_EVENT_KIND_PAGE_WORD = 7,
    FTL_UFFD_EVENT_KIND_STUCK = 8,
    FTL_UFFD_EVENT_KIND_RETURNED = 9,
    FTL_UFFD_EVENT_KIND_ENDED = 10,
    FTL_UFFD_EVENT_KIND_NOTICE = 11,
    FTL_UFFD_EVENT_KIND_COUNT = 12,
};

/* Widths of each operation: the sum of the legal byte counts, each a power of two. */
#define FTL_OP_WIDTHS \
    [FTL_OP_LOAD] = 15, \
    [FTL_OP_LOAD_ZX] = 3, \
    [FTL_OP_LOAD_SX] = 7, \
    [FTL_OP_STORE] = 15, \
    [FTL_OP_PUSH] = 8, \
    [FTL_OP_POP] = 8, \
    [FTL_OP_MOVS] = 15, \
    [FTL_OP_REP_MOVS] = 15, \
    [FTL_OP_STOS] = 15, \
    [FTL_OP_REP_STOS] = 15, \
    [FTL_OP_XCHG] = 15, \
    [FTL_OP_CMPXCHG] = 15, \
    [FTL_OP_CMPXCHG16B] = 16, \
    [FTL_OP_LOCK_ADD] = 15, \
    [FTL_OP_LOCK_OR] = 8, \
    [FTL_OP_LOCK_AND] = 8, \
    [FTL_OP_LOCK_BTS] = 14, \
    [FTL_OP_MOVUPS_LOAD] = 16, \
    [FTL_OP_MOVUPS_STORE] = 16, \
    [FTL_OP_MOVAPS_LOAD] = 16, \
    [FTL_OP_MOVAPS_STORE] = 16, \
    [FTL_OP_AVX_LOAD] = 32, \
    [FTL_OP_AVX_STORE] = 32, \
    [FTL_OP_AVX512_LOAD] = 64, \
    [FTL_OP_AVX512_STORE] = 64, \
    [FTL_OP_MOVNTI] = 12, \
    [FTL_OP_CLFLUSH] = 1, \
    [FTL_OP_PREFETCHW] = 1, \
    [FTL_OP_FETCH] = 2

/* Widths of each operation: the sum of the legal byte counts, each a power of two. */
#define FTL_OP_AARCH64_WIDTHS \
    [FTL_OP_AARCH64_LDR] = 15, \
    [FTL_OP_AARCH64_LDRS] = 7, \
    [FTL_OP_AARCH64_LDRS_W] = 3, \
    [FTL_OP_AARCH64_STR] = 15, \
    [FTL_OP_AARCH64_LDR_PRE] = 8, \
    [FTL_OP_AARCH64_LDR_POST] = 8, \
    [FTL_OP_AARCH64_STR_PRE] = 8, \
    [FTL_OP_AARCH64_STR_POST] = 8, \
    [FTL_OP_AARCH64_LDP] = 16, \
    [FTL_OP_AARCH64_STP] = 16, \
    [FTL_OP_AARCH64_LDAR] = 15, \
    [FTL_OP_AARCH64_STLR] = 15, \
    [FTL_OP_AARCH64_LDXR] = 12, \
    [FTL_OP_AARCH64_STXR] = 12, \
    [FTL_OP_AARCH64_CAS] = 12, \
    [FTL_OP_AARCH64_LDADD] = 12, \
    [FTL_OP_AARCH64_SWP] = 12, \
    [FTL_OP_AARCH64_LDR_Q] = 16, \
    [FTL_OP_AARCH64_STR_Q] = 16, \
    [FTL_OP_AARCH64_LDTR] = 15, \
    [FTL_OP_AARCH64_STTR] = 15, \
    [FTL_OP_AARCH64_DC_ZVA] = 64, \
    [FTL_OP_AARCH64_DC_CIVAC] = 1, \
    [FTL_OP_AARCH64_DC_CVAC] = 1, \
    [FTL_OP_AARCH64_AT_S1E1R] = 1, \
    [FTL_OP_AARCH64_AT_S1E1W] = 1, \
    [FTL_OP_AARCH64_PRFM] = 1, \
    [FTL_OP_AARCH64_BLR] = 4

struct ftl_region {
    uint8_t backing;
    uint8_t slot_flags;
    uint8_t uffd_modes;
    uint8_t minor_answer;
    uint8_t wp_answer;
    uint8_t missing_count;
    uint8_t missing_answers[4];
    uint16_t pages;
    uint16_t offset_pages;
    uint16_t reserved;
    uint32_t delay_us;
};
_Static_assert(sizeof(struct ftl_region) == 20, "ftl_region");

struct ftl_head {
    uint32_t magic;
    uint16_t version;
    uint8_t family;
    uint8_t arch;
    uint32_t size_bytes;
    uint32_t deadline_ms;
    uint64_t id;
    uint16_t step_count;
    uint8_t flags;
    uint8_t plant;
    uint32_t rest;
};
_Static_assert(sizeof(struct ftl_head) == 32, "ftl_head");

struct ftl_request {
    uint32_t magic;
    uint16_t version;
    uint8_t family;
    uint8_t arch;
    uint32_t size_bytes;
    uint32_t deadline_ms;
    uint64_t id;
    uint16_t step_count;
    uint8_t flags;
    uint8_t plant;
    uint8_t privilege;
    uint8_t vcpus;
    uint8_t dirty_tracking;
    uint8_t initial;
    uint8_t none_pages;
    uint8_t read_count;
    uint8_t granule;
    uint8_t paging;
    uint32_t withdraw_ms;
    uint64_t reads[4];
};
_Static_assert(sizeof(struct ftl_request) == 72, "ftl_request");

struct ftl_step {
    uint8_t kind;
    uint8_t flags;
    uint8_t vcpu;
    uint8_t region;
    uint8_t op;
    uint8_t width;
    uint8_t comparand;
    uint8_t peer_region;
    uint16_t page;
    uint16_t pages;
    uint16_t offset;
    uint16_t count;
    uint16_t peer_page;
    uint16_t peer_offset;
    uint8_t hole_method;
    uint8_t pte_level;
    uint8_t pte_flag;
    uint8_t actor;
    uint8_t slot_flags;
    uint8_t prot;
    uint8_t away;
    uint8_t uffd_modes;
    uint8_t minor_answer;
    uint8_t wp_answer;
    uint8_t missing_count;
    uint8_t reserved;
    uint8_t missing_answers[4];
    uint32_t delay_us;
    uint64_t value;
    uint64_t reserved2;
};
_Static_assert(sizeof(struct ftl_step) == 56, "ftl_step");

struct ftl_response {
    uint32_t magic;
    uint16_t version;
    uint8_t status;
    uint8_t reused;
    uint32_t size_bytes;
    uint32_t event_count;
    uint64_t id;
    uint8_t detail[104];
};
_Static_assert(sizeof(struct ftl_response) == 128, "ftl_response");

struct ftl_event {
    uint16_t step;
    uint8_t kind;
    uint8_t vcpu;
    uint32_t arg;
    uint64_t a;
    uint64_t b;
    uint64_t c;
};
_Static_assert(sizeof(struct ftl_event) == 32, "ftl_event");

struct ftl_facts {
    uint32_t magic;
    uint16_t version;
    uint8_t arch;
    uint8_t reserved;
    uint64_t caps;
    uint32_t kvm_errno;
    uint32_t uffd_errno;
    uint32_t free_huge_pages;
    uint32_t physical_bits;
    uint32_t ring_entries;
    uint32_t ring_reserved;
    uint8_t kvm_module[16];
    uint8_t release[64];
    uint8_t cpu_vendor[16];
    uint8_t cpu_model[48];
};
_Static_assert(sizeof(struct ftl_facts) == 184, "ftl_facts");

struct ftl_uffd_request {
    uint32_t magic;
    uint16_t version;
    uint8_t family;
    uint8_t arch;
    uint32_t size_bytes;
    uint32_t deadline_ms;
    uint64_t id;
    uint16_t step_count;
    uint8_t flags;
    uint8_t plant;
    uint8_t memory;
    uint8_t open;
    uint8_t pages;
    uint8_t reserved;
    uint64_t features;
    uint8_t content[16];
};
_Static_assert(sizeof(struct ftl_uffd_request) == 56, "ftl_uffd_request");

struct ftl_uffd_step {
    uint8_t kind;
    uint8_t thread;
    uint8_t ioctl;
    uint8_t flaw;
    uint16_t page;
    uint16_t pages;
    uint16_t word;
    uint16_t source;
    uint8_t advice;
    uint8_t descriptor;
    uint8_t source_flaw;
    uint8_t argument;
    uint64_t mode;
    uint64_t value;
};
_Static_assert(sizeof(struct ftl_uffd_step) == 32, "ftl_uffd_step");

#endif
