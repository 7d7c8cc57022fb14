/* The first process of a machine that has nothing but this program and a few modules of its kernel. */
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PORT_NAME    "agent"
#define PORTS        "/sys/class/virtio-ports"
#define PORT_MS      20000
#define PORT_POLL_MS 10
/* Free 2 MiB pages that scenarios are content with, and the share of the memory that they may take. */
#define HUGE_PAGES    64u
#define HUGE_SHARE    4u
#define HUGE_PAGE_KIB 2048u
#define HUGE_FILE     "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
/* Warnings of the kernel go to the console from here on: they are findings. klogctl(2),
 * SYSLOG_ACTION_CONSOLE_LEVEL. */
#define CONSOLE_LEVEL_ACTION 8
#define CONSOLE_LEVEL        5

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    va_list arguments;

    fputs("faultline-agent: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\n", stderr);
}

void fla_power_off(void)
{
    sync();
    reboot(RB_POWER_OFF);
    say("the machine cannot be switched off: %s", strerror(errno));
    for (;;)
        pause();
}

static void die(const char *what)
{
    say("%s: %s", what, strerror(errno));
    fla_power_off();
}

static void mount_on(const char *type, const char *path)
{
    mkdir(path, 0755);
    /* The kernel may have done it already. */
    if (mount(type, path, type, MS_NOSUID, NULL) && errno != EBUSY)
        die(path);
}

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t put = fd < 0 ? -1 : write(fd, text, strlen(text));

    if (fd >= 0)
        close(fd);
    return put == (ssize_t)strlen(text);
}

/* The first line of a file, without its end. */
static bool read_line(const char *path, char *line, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, line, size - 1);

    if (fd >= 0)
        close(fd);
    line[got > 0 ? got : 0] = 0;
    line[strcspn(line, "\n")] = 0;
    return got > 0;
}

/* A module that is refused (KVM's, where the hardware is missing) leaves a machine whose facts say what it
 * lacks. */
static void load_module(char *line)
{
    char *parameters = line + strcspn(line, " \n");
    char path[544];
    int fd;

    if (*parameters)
        *parameters++ = 0;
    parameters[strcspn(parameters, "\n")] = 0;
    snprintf(path, sizeof(path), "/modules/%s", line);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || (syscall(SYS_finit_module, fd, parameters, 0) && errno != EEXIST))
        say("insmod %s %s: %s", path, parameters, strerror(errno));
    if (fd >= 0)
        close(fd);
}

static void load_modules(void)
{
    FILE *list = fopen("/modules.list", "re");
    char line[512];

    if (!list)
        return;
    while (fgets(line, sizeof(line) - 1, list)) {
        if (line[0] != '\n')
            load_module(line);
    }
    fclose(list);
}

/* The device of the port with our name. */
static int open_port(void)
{
    DIR *ports = opendir(PORTS);
    struct dirent *entry;
    int fd = -1;

    while (ports && fd < 0 && (entry = readdir(ports))) {
        char path[512];
        char name[64];

        snprintf(path, sizeof(path), PORTS "/%s/name", entry->d_name);
        if (!read_line(path, name, sizeof(name)) || strcmp(name, PORT_NAME))
            continue;
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        fd = open(path, O_RDWR | O_CLOEXEC);
    }
    if (ports)
        closedir(ports);
    return fd;
}

/* The port appears some time after its driver. */
static int wait_for_port(void)
{
    static const struct timespec pause_time = {.tv_nsec = PORT_POLL_MS * 1000000};

    for (int waited_ms = 0; waited_ms < PORT_MS; waited_ms += PORT_POLL_MS) {
        int fd = open_port();

        if (fd >= 0)
            return fd;
        nanosleep(&pause_time, NULL);
    }
    say("there is no virtio port named " PORT_NAME " in " PORTS);
    fla_power_off();
}

static unsigned long available_kib(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    unsigned long kib = 0;
    char line[128];

    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "MemAvailable: %lu", &kib) == 1)
            break;
    }
    if (file)
        fclose(file);
    return kib;
}

static void set_up_memory(void)
{
    unsigned long pages = available_kib() / HUGE_SHARE / HUGE_PAGE_KIB;
    char text[24];

    /* Without these, the facts say so and scenarios that need them are skipped. */
    snprintf(text, sizeof(text), "%lu", pages < HUGE_PAGES ? pages : HUGE_PAGES);
    write_text(HUGE_FILE, text);
    write_text("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
}

int fla_init(void)
{
    int port;

    mount_on("devtmpfs", "/dev");
    mount_on("proc", "/proc");
    mount_on("sysfs", "/sys");
    mount_on("tmpfs", "/tmp");
    load_modules();
    set_up_memory();
    port = wait_for_port();
    klogctl(CONSOLE_LEVEL_ACTION, NULL, CONSOLE_LEVEL);
    return port;
}
