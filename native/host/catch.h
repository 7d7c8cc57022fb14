/* Surviving the faults and signals that a scenario brings on purpose. */
#ifndef FL_CATCH_H
#define FL_CATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fl_catch_install(void);
/*
 * Only the driver's own signals from here on. A pending signal makes a vCPU that waits for a userfault send
 * its message again and again.
 */
void fl_signals_block(sigset_t *before);
/* Copies one word; false after SIGBUS or SIGSEGV, with si_code in `code`. */
bool fl_read_word(const void *address, uint64_t *value, int *code);
bool fl_write_word(void *address, uint64_t value, int *code);
/* memcpy that survives a fault; false when it met one. */
bool fl_copy_guarded(void *to, const void *from, size_t bytes, int *code);
/* How many pages from the first one on are as expected, up to one that differs or faults. */
uint32_t fl_same_pages(const uint8_t *memory, const uint8_t *expected, uint32_t pages);
/* A SIGBUS that arrived on this thread inside KVM_RUN. */
bool fl_take_sigbus(uint64_t *address, int *code);
void fl_enter_guest(void);
void fl_leave_guest(void);

#endif
