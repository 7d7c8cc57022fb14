#ifndef FLA_INIT_H
#define FLA_INIT_H

/*
 * Makes a kernel that has just booted into a machine that scenarios can execute on; the descriptor of the
 * port through which the agent talks. Fatal trouble is a line on the console, and switches the machine off.
 */
int fla_init(void);

void fla_power_off(void) __attribute__((noreturn));

#endif
