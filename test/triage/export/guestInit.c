/*
 * First process of a guest that runs programs: each of /programs, with a line on the console before and one behind,
 * which says how it ended.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

static void set(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return;
    fputs(text, file);
    fclose(file);
}

static void run(const char *name)
{
    char path[300];
    pid_t child;
    int status = 0;

    snprintf(path, sizeof(path), "/programs/%s", name);
    printf("program-begin %s\n", name);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    printf("\nprogram-end %s %d\n", name, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    fflush(stdout);
}

int main(void)
{
    struct dirent **names;
    int count;

    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    /* The kernel's own lines would come between those of the programs. */
    klogctl(8, NULL, 1);
    set("/proc/sys/vm/nr_hugepages", "64");
    set("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
    count = scandir("/programs", &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.')
            run(names[i]->d_name);
    }
    reboot(RB_POWER_OFF);
    return 1;
}
