/* machine.c: see machine.h. Files of /proc are read whole into the stack: these have a few hundred
 * bytes before what is wanted ends. */
#include "base/machine.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 4096 };

/* The beginning of a file, as a text. */
static bool read_beginning(char text[LONGEST], const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, LONGEST - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* proc(5): what guests take is counted in user and nice already. */
bool levin__cpu_times(levin_cpu_times *out)
{
    char text[LONGEST];
    double user, nice, system, idle, iowait, irq, softirq, steal;
    if (!read_beginning(text, "/proc/stat") ||
        sscanf(text, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle, &iowait,
               &irq, &softirq, &steal) != 8)
        return false;
    out->busy = user + nice + system + irq + softirq + steal;
    out->all = out->busy + idle + iowait;
    return true;
}

/* A number of kB; false if there is no such line. */
static bool find_size(const char *text, const char *line, double *out)
{
    const char *at = strstr(text, line);
    return at && sscanf(at + strlen(line), " %lf kB", out) == 1;
}

static double percent(double of, double all) { return all > 0 ? 100 * of / all : 0; }

bool levin__memory_use(levin_memory_use *out)
{
    char text[LONGEST];
    double total, available, swap, swap_free;
    if (!read_beginning(text, "/proc/meminfo") || !find_size(text, "MemTotal:", &total) ||
        !find_size(text, "MemAvailable:", &available) || !find_size(text, "SwapTotal:", &swap) ||
        !find_size(text, "SwapFree:", &swap_free))
        return false;
    out->ram = percent(total - available, total);
    out->swap = percent(swap - swap_free, swap);
    return true;
}

/* The number that a file of the control group is; false for "max", and outside of one. */
static bool read_limit(const char *path, int64_t *out)
{
    char text[LONGEST];
    long long n;
    if (!read_beginning(text, path) || sscanf(text, "%lld", &n) != 1)
        return false;
    *out = n;
    return true;
}

int64_t levin__memory_left(void)
{
    char text[LONGEST];
    double available;
    int64_t limit, used, left = INT64_MAX;
    if (read_beginning(text, "/proc/meminfo") && find_size(text, "MemAvailable:", &available))
        left = (int64_t)available * 1024;
    if (read_limit("/sys/fs/cgroup/memory.max", &limit) &&
        read_limit("/sys/fs/cgroup/memory.current", &used) && limit - used < left)
        left = limit > used ? limit - used : 0;
    return left;
}
