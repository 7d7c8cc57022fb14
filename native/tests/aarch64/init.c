/*
 * The first process of a kernel that runs tests: every argument that init gets from the kernel's command line
 * is a program to run. Prints one line for each, and powers off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE_PAGES "24"

static void prepare(void)
{
    int console;
    int fd;

    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    mkdir("/dev", 0755);
    mkdir("/tmp", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    console = open("/dev/console", O_RDWR);
    for (int i = 0; i < 3; i++)
        dup2(console, i);
    fd = open("/proc/sys/vm/nr_hugepages", O_WRONLY);
    if (fd >= 0 && write(fd, HUGE_PAGES, sizeof(HUGE_PAGES) - 1) < 0)
        perror("nr_hugepages");
}

int main(int argc, char **argv)
{
    prepare();
    for (int i = 1; i < argc; i++) {
        int status = 0;
        pid_t child = fork();

        if (child == 0) {
            execl(argv[i], argv[i], (char *)NULL);
            _exit(127);
        }
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            printf("ok %s\n", argv[i]);
        else
            printf("FAILED %s (status %x)\n", argv[i], (unsigned)status);
        fflush(stdout);
    }
    sync();
    reboot(RB_POWER_OFF);
    return 0;
}
