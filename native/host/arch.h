/* What each architecture implements, in arch/<name>/. Its types and constants are in its machine.h. */
#ifndef FL_ARCH_H
#define FL_ARCH_H

#include "context.h"

/* facts.c: capabilities of this CPU and its KVM, which is open; 0 or errno. */
int fl_arch_probe(struct faultline *context);
void fl_arch_forget(struct faultline *context);
void fl_arch_facts(const struct faultline *context, struct ftl_facts *facts);
/* What the request needs and this CPU has not, as a sentence; or NULL. */
const char *fl_arch_missing(const struct fl_exec *exec);

/* guest.c: the code region, as the payload finds it. */
void fl_guest_build(uint8_t *code);
/* Gives the scratch page, which never faults, the content that it has at the start of a scenario. */
void fl_guest_scratch(uint8_t *code);

/* vcpu.c: the rest of a new vCPU's set-up; 0 or errno. */
int fl_vcpu_init(const struct faultline *context, struct fl_vm *vm, uint32_t cpu);
/* Has the vCPU begin `run` at the next KVM_RUN; 0 or errno. */
int fl_vcpu_begin(const struct faultline *context, struct fl_vcpu *vcpu, const struct fl_run *run);
/* After anything but the doorbell: forgets the access and whatever was half delivered; 0 or errno. */
int fl_vcpu_recover(struct fl_vcpu *vcpu);

/* registers.c: the run that performs an access of a step; 0 or errno. */
int fl_access_run(const struct fl_exec *exec, const struct ftl_step *step, uint32_t page, struct fl_run *run);
/* Offset of the operand's last byte from the start of the page that the access names. */
uint32_t fl_operand_last(const struct ftl_step *step);

/* exits.c */
enum fl_exit {
    FL_EXIT_DONE,      /* the doorbell */
    FL_EXIT_EXCEPTION, /* the other doorbell, of the exception handlers */
    FL_EXIT_MMIO,
    FL_EXIT_OTHER,
};
enum fl_exit fl_exit_kind(const struct kvm_run *run);
/* Events of the two doorbells. True when the access ended as it should. */
bool fl_report_done(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu);
void fl_report_exception(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu);
/* Whether the vCPU stands at the instruction of the access. */
bool fl_at_access(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu);

/* tables.c: all that the initial tables depend on beside pages and offsets, as one number. */
uint32_t fl_tables_form(const struct ftl_request *request);
void fl_tables_build(const struct fl_tables *tables, uint8_t *image);
/* Byte offset in pt of the entry of a level (0: leaf) that maps a page. */
uint64_t fl_entry_offset(const struct fl_exec *exec, uint32_t region, uint32_t page, uint32_t level);

/* edits.c: an entry after a `pte` step. */
uint64_t fl_entry_edited(const struct ftl_step *step, uint64_t entry);
/* The same by the guest, as one instruction on the entry's alias. */
void fl_edit_run(const struct fl_exec *exec, const struct ftl_step *step, uint64_t at, struct fl_run *run);
/* What drops the translations of the step's page on a vCPU; false where that vCPU need not do anything. */
bool fl_flush_run(const struct fl_exec *exec, const struct ftl_step *step, uint32_t cpu, struct fl_run *run);

/*
 * stale.c: translations that were cached before pt changed. The host wrote to pt while the VM was not told:
 */
void fl_stale_host_wrote(struct fl_vm *vm);
/* A page of pt, with this content, is about to be put back. */
void fl_stale_restored(struct fl_exec *exec, uint32_t page, const uint64_t *now);
/* Has KVM drop what it derived from the tables; 0 or errno. */
int fl_stale_drop(struct fl_vm *vm);
/* Nothing cached is left when a scenario starts. A memslot was deleted; pt was filled anew. 0 or errno. */
int fl_stale_settle(struct fl_vm *vm, const struct ftl_request *request, bool zapped, bool rebuilt);

#endif
