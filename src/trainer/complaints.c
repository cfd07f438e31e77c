/* complaints.c: see complaints.h. */
#include "trainer/complaints.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

enum { LONGEST = 512 };

void levin__complain(levin_complaints *c, const char *fmt, ...)
{
    char text[LONGEST];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    levin__buffer_add_text(&c->text, c->text.size ? "; " : "");
    levin__buffer_add_text(&c->text, text);
}

void levin__complain_error(levin_complaints *c)
{
    levin_error_note note;
    levin__error_take(&note);
    if (note.code && note.code != LEVIN_EINVAL) // no memory, say: not the user's flags
        levin__error_give(&note);
    else if (note.code)
        levin__complain(c, "%s", note.message);
}

int levin__complaints_end(levin_complaints *c)
{
    if (c->text.size)
        levin__error_set(LEVIN_EINVAL, "%s", c->text.data);
    levin__buffer_free(&c->text);
    return levin_error();
}
