/* output.c: see output.h. The only file of the room that writes to a stream. */
#include "trainer/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A terminal of that name has no cursor to move: a shell of Emacs, for example. */
static bool is_dumb(void)
{
    const char *name = getenv("TERM");
    return name && strcmp(name, "dumb") == 0;
}

void levin__output_set(levin_output *out, FILE *stream)
{
    *out = (levin_output){ .stream = stream, .below = out->below };
    int fd = stream ? fileno(stream) : -1;
    out->is_terminal = fd >= 0 && isatty(fd) && !is_dumb();
}

int levin__output_width(const levin_output *out)
{
    struct winsize size;
    if (out->is_terminal && ioctl(fileno(out->stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* To the progress line and, with its text, over it; then back. */
static void write_over(levin_output *out, const char *text)
{
    for (int i = 0; i < out->below; i++)
        fputc('\n', out->stream);
    fprintf(out->stream, "\r%s\033[K", text);
    if (out->below > 0)
        fprintf(out->stream, "\r\033[%dA", out->below);
}

static void clear_line(levin_output *out)
{
    if (out->line_open)
        write_over(out, "");
    out->line_open = false;
}

void levin__output_text(levin_output *out, const char *text)
{
    if (!out->stream)
        return;
    clear_line(out);
    fputs(text, out->stream);
    fflush(out->stream);
}

void levin__output_note(levin_output *out, const char *fmt, ...)
{
    if (!out->stream)
        return;
    va_list args;
    va_start(args, fmt);
    clear_line(out);
    vfprintf(out->stream, fmt, args);
    fputc('\n', out->stream);
    fflush(out->stream);
    va_end(args);
}

void levin__output_line(levin_output *out, const char *text)
{
    if (!out->stream || !out->is_terminal)
        return;
    write_over(out, text);
    fflush(out->stream);
    out->line_open = true;
}

void levin__output_close_line(levin_output *out)
{
    if (out->line_open) {
        fputc('\n', out->stream);
        fflush(out->stream);
    }
    out->line_open = false;
}
