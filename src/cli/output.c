/* output.c: see output.h. SIGPIPE is ignored, so that nothing is ended in the middle of a save by a
 * closed standard error; on standard output it is made up for. */
#include "cli/output.h"

#include "base/error.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

void cli_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

bool cli_flush(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (errno == EPIPE) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    levin__error_system(errno ? errno : EIO, "standard output: cannot write");
    return false;
}
