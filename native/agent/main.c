/* Executes scenarios on the machine that it runs on, for a Faultline elsewhere. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faultline_wire.generated.h"
#include "init.h"
#include "live.h"

#ifndef FLA_RELEASE
#define FLA_RELEASE "unknown"
#endif

static const char help[] =
    "Usage: faultline-agent [--version | --help]\n"
    "\n"
    "Executes scenarios on this machine's KVM: requests come on standard input, and answers go to standard "
    "output.\n"
    "It is started by `faultline ... --target ssh:<host>`, or by the kernel of a machine booted for\n"
    "`faultline ... --target qemu:<name>`, as whose first process it sets the machine up, and talks through "
    "the\n"
    "virtio port named \"agent\".\n"
    "\n"
    "Exit code 0: the other side is done. 1: the stream made no sense, or the driver died. 2: wrong "
    "arguments.\n";

static int live_as_init(void)
{
    int port = fla_init();
    struct fla_stream stream = {.in = port, .out = port};

    if (fla_live(&stream, false))
        fputs("faultline-agent: ended by trouble, which the other side was told of\n", stderr);
    fla_power_off();
}

int main(int argc, char **argv)
{
    struct fla_stream stream = {.in = STDIN_FILENO, .out = STDOUT_FILENO};

    if (getpid() == 1)
        return live_as_init();
    if (argc == 1)
        return fla_live(&stream, true);
    if (argc == 2 && !strcmp(argv[1], "--version")) {
        printf("faultline-agent " FLA_RELEASE ", protocol %u, wire format %u\n", FLA_VERSION, FTL_VERSION);
        return 0;
    }
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        fputs(help, stdout);
        return 0;
    }
    fputs("faultline-agent: there are no arguments but --version and --help\n", stderr);
    return 2;
}
