/* Whether the timers of this machine's CPUs fire. */
#ifndef FLA_CLOCKS_H
#define FLA_CLOCKS_H

#include <stdint.h>

/*
 * Sleeps for a moment on each CPU that this process may run on, one after the other, and returns how many
 * that were. Does not return when one of them has lost its timer, as one of a restored guest may have.
 */
uint32_t fla_try_clocks(void);

#endif
