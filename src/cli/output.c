/* output.c: see output.h. SIGPIPE is ignored, so that nothing is ended in the middle of a save by a
 * closed standard error; on standard output it is made up for. */
#include "cli/output.h"

#include "base/error.h"

#include <errno.h>
#include <signal.h>

void cli_print_text(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i], next = i + 1 < n ? (unsigned char)text[i + 1] : 0;
        bool wide = c == 0xc2 && next >= 0x80 && next < 0xa0; // U+0080 to U+009F take two bytes
        fputc(wide || c < 0x20 || c == 0x7f ? '?' : c, out);
        i += wide;
    }
}

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
