/* temporary.c: see temporary.h. A process id says something on this machine alone; on a shared file
 * system, and between containers, it is the lock that tells a file in the making from a leftover.
 */
#include "base/temporary.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char mark[] = ".tmp.";

char *levin__temporary_name(const char *path)
{
    return levin__format("%s%s%ld", path, mark, (long)getpid());
}

void levin__temporary_claim(int fd)
{
    flock(fd, LOCK_EX | LOCK_NB); // a file system without locks is written to all the same
}

/* The process that a temporary file for such a name is of; 0 if it is none. */
static pid_t process_of(const char *name, const char *ending)
{
    enum { MOST_DIGITS = 9 };
    size_t n = strlen(name), digits = 0;
    while (digits < n && name[n - 1 - digits] >= '0' && name[n - 1 - digits] <= '9')
        digits++;
    size_t before = n - digits, m = strlen(mark), e = strlen(ending);
    if (digits < 1 || digits > MOST_DIGITS || before < m + e ||
        memcmp(name + before - m, mark, m) != 0 || memcmp(name + before - m - e, ending, e) != 0)
        return 0;
    return (pid_t)strtol(name + before, NULL, 10);
}

static bool lives(pid_t process) { return kill(process, 0) == 0 || errno != ESRCH; }

/* A link that is to be renamed has nothing to claim. */
static bool is_claimed(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool claimed = fd < 0 ? errno != ELOOP : flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd >= 0)
        close(fd);
    return claimed;
}

void levin__temporary_sweep(const char *path, const char *ending)
{
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *e; (e = readdir(folder));) {
        pid_t process = process_of(e->d_name, ending);
        if (process > 0 && !lives(process) && !is_claimed(dirfd(folder), e->d_name))
            unlinkat(dirfd(folder), e->d_name, 0);
    }
    closedir(folder);
}
