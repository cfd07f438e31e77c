/* output.c: see output.h. Signals of failed writes are ignored, so that nothing is ended in the
 * middle of a save by a closed standard error; on standard output it is made up for. */
#include "cli/output.h"

#include "base/error.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

void cli_print_text(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i], next = i + 1 < n ? (unsigned char)text[i + 1] : 0;
        bool wide = c == 0xc2 && next >= 0x80 && next < 0xa0; // U+0080 to U+009F take two bytes
        fputc(wide || c < 0x20 || c == 0x7f ? '?' : c, out);
        i += wide;
    }
}

void cli_ignore_signals_of_writes(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static bool reader_is_gone(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO };
    return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

/* Of a write that the buffer made earlier, the stream still knows that it failed, but not why. */
bool cli_flush(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    int why = errno;
    if (why == EPIPE || reader_is_gone()) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    if (why)
        levin__error_system(why, "standard output: cannot write");
    else
        levin__error_set(LEVIN_EIO, "standard output: cannot write");
    return false;
}
