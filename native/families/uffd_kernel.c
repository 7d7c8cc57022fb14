/* A system call that touches the memory under test for a thread. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uffd.h"

/* Each thread has one of its own: the kernel may hold the file's lock while it waits for an answer. */
int flu_channel_open(void)
{
    return memfd_create("faultline-channel", MFD_CLOEXEC);
}

void flu_touch_by_kernel(struct flu_thread *self)
{
    const ssize_t word = (ssize_t)sizeof(self->value);
    ssize_t in;
    ssize_t out;

    if (self->write) {
        in = pwrite(self->channel, &self->value, sizeof(self->value), 0);
        out = pread(self->channel, self->address, sizeof(self->value), 0);
    } else {
        in = pwrite(self->channel, self->address, sizeof(self->value), 0);
        out = in == word ? pread(self->channel, &self->value, sizeof(self->value), 0) : in;
    }
    self->ok = in == word && out == word;
    self->error = self->ok ? 0 : errno;
}
