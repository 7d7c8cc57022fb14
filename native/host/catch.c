/*
 * Faults that a scenario brings on purpose: SIGBUS of poisoned memory, SIGSEGV of protected memory, and the
 * kick that ends a KVM_RUN. A signal handler has no argument, so what it may do is in thread-local storage.
 */
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "context.h"

struct catch_state {
    sigjmp_buf landing;
    volatile sig_atomic_t guarded;
    volatile sig_atomic_t in_guest;
    volatile sig_atomic_t sigbus;
    volatile int code;
    volatile uint64_t address;
};

static _Thread_local struct catch_state state;

static void on_fault(int number, siginfo_t *info, void *ucontext)
{
    (void)ucontext;
    state.code = info->si_code;
    state.address = (uintptr_t)info->si_addr;
    if (state.guarded) {
        state.guarded = 0;
        siglongjmp(state.landing, 1);
    }
    /* KVM sends SIGBUS to the vCPU's thread for a poisoned page, and KVM_RUN then returns EINTR. */
    if (number == SIGBUS && state.in_guest) {
        state.sigbus = 1;
        return;
    }
    /* A real fault: die of it, with the default action, when the instruction runs again. */
    signal(number, SIG_DFL);
}

static void on_kick(int number)
{
    (void)number;
}

bool fl_catch_install(void)
{
    struct sigaction fault = {.sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sigaction kick = {.sa_handler = on_kick};

    fault.sa_sigaction = on_fault;
    sigemptyset(&fault.sa_mask);
    sigemptyset(&kick.sa_mask);
    return !sigaction(SIGBUS, &fault, NULL) && !sigaction(SIGSEGV, &fault, NULL) &&
           !sigaction(FL_KICK_SIGNAL, &kick, NULL);
}

void fl_enter_guest(void)
{
    state.sigbus = 0;
    state.in_guest = 1;
}

void fl_leave_guest(void)
{
    state.in_guest = 0;
}

bool fl_take_sigbus(uint64_t *address, int *code)
{
    if (!state.sigbus)
        return false;
    state.sigbus = 0;
    *address = state.address;
    *code = state.code;
    return true;
}

bool fl_copy_guarded(void *to, const void *from, size_t bytes, int *code)
{
    if (sigsetjmp(state.landing, 0)) {
        *code = state.code;
        return false;
    }
    state.guarded = 1;
    memcpy(to, from, bytes);
    state.guarded = 0;
    return true;
}

uint32_t fl_same_pages(const uint8_t *memory, const uint8_t *expected, uint32_t pages)
{
    volatile uint32_t page = 0;

    if (sigsetjmp(state.landing, 0))
        return page;
    state.guarded = 1;
    while (page < pages && !memcmp(memory + page * FL_PAGE, expected + page * FL_PAGE, FL_PAGE))
        page++;
    state.guarded = 0;
    return page;
}

bool fl_read_word(const void *address, uint64_t *value, int *code)
{
    if (sigsetjmp(state.landing, 0)) {
        *code = state.code;
        return false;
    }
    state.guarded = 1;
    *value = *(const volatile uint64_t *)address;
    state.guarded = 0;
    return true;
}

bool fl_write_word(void *address, uint64_t value, int *code)
{
    if (sigsetjmp(state.landing, 0)) {
        *code = state.code;
        return false;
    }
    state.guarded = 1;
    *(volatile uint64_t *)address = value;
    state.guarded = 0;
    return true;
}

void fl_signals_block(sigset_t *before)
{
    sigset_t blocked;

    sigfillset(&blocked);
    sigdelset(&blocked, SIGBUS);
    sigdelset(&blocked, SIGSEGV);
    sigdelset(&blocked, FL_KICK_SIGNAL);
    pthread_sigmask(SIG_SETMASK, &blocked, before);
}
