/* pickle_read.c: the loop over opcodes, and what a pickle must be as a whole: protocol 2 to 5, one
 * value at its end. */
#include "base/error.h"
#include "base/memory.h"
#include "formats/pickle_machine.h"

#include <stdarg.h>
#include <stdio.h>

enum { PROTO = 0x80 };

void *levin__machine_fail(levin_machine *m, int code, const char *fmt, ...)
{
    char text[320];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *opcode = m->op < m->end ? levin__opcode_name(*m->op) : NULL;
    levin__error_set(code, "%s: byte %zu: %s%s%s", m->where, m->offset + (size_t)(m->op - m->begin),
                     opcode ? opcode : "", opcode ? ": " : "", text);
    return NULL;
}

const unsigned char *levin__machine_take(levin_machine *m, size_t n)
{
    const unsigned char *p = m->at;
    if (n > (size_t)(m->end - p))
        return levin__machine_fail(m, LEVIN_EFORMAT,
                                   m->limited ? "a pickle of more than %d bytes"
                                              : "the pickle is cut short",
                                   LEVIN_PICKLE_MAX_BYTES);
    m->at = p + n;
    return p;
}

void levin__pickle_free(levin_pickle *p)
{
    if (!p)
        return;
    while (p->chunks) {
        levin_pickle_chunk *next = p->chunks->next;
        levin__free(p->chunks);
        p->chunks = next;
    }
    levin__free(p);
}

const levin_value *levin__pickle_root(const levin_pickle *p) { return p ? p->root : NULL; }

size_t levin__pickle_size(const levin_pickle *p) { return p ? p->size : 0; }

levin_pickle_storage *levin__pickle_storages(const levin_pickle *p)
{
    return p ? p->storages : NULL;
}

/* The first opcode of protocol 2 and up; earlier protocols are text and do not begin so. */
static bool check_beginning(levin_machine *m)
{
    if (m->end - m->at < 2 || *m->at != PROTO) {
        levin__machine_fail(m, LEVIN_EFORMAT, "a pickle of protocol 2 to 5 must stand here");
        return false;
    }
    if (m->at[1] >= 2 && m->at[1] <= 5)
        return true;
    levin__machine_fail(m, LEVIN_EUNSUPPORTED, "protocol %d; 2 to 5 are read", m->at[1]);
    return false;
}

static bool run(levin_machine *m)
{
    if (!check_beginning(m))
        return false;
    while (!m->stopped) {
        m->op = m->at;
        if (!levin__machine_take(m, 1) || !levin__opcode_run(m))
            return false;
    }
    if (m->n_marks || m->height != 1) {
        levin__machine_fail(m, LEVIN_EFORMAT, "a pickle must end with one value, not with %zu",
                            m->height);
        return false;
    }
    m->pickle->root = m->stack[0];
    m->pickle->size = (size_t)(m->at - m->begin);
    return true;
}

levin_pickle *levin__pickle_read(const void *bytes, size_t n, size_t offset, const char *where)
{
    static const unsigned char nothing;
    const unsigned char *p = n ? bytes : &nothing;
    bool limited = n > LEVIN_PICKLE_MAX_BYTES;
    levin_machine m = { .begin = p,
                        .at = p,
                        .op = p,
                        .end = p + (limited ? LEVIN_PICKLE_MAX_BYTES : n),
                        .offset = offset,
                        .where = where,
                        .limited = limited };
    m.pickle = levin__calloc(1, sizeof *m.pickle);
    m.storages = levin__map_new(0);
    bool ok = m.pickle && m.storages && run(&m);
    levin__map_free(m.storages);
    levin__free(m.stack);
    levin__free(m.memo);
    if (ok)
        return m.pickle;
    levin__pickle_free(m.pickle);
    return NULL;
}
