/* pickle_stack.c: the stack, the marks on it, and what is remembered by numbers. */
#include "base/memory.h"
#include "formats/pickle_machine.h"

#include <string.h>

/* An array of pointers with room for one more. */
static bool grow(levin_value ***array, size_t n, size_t *room)
{
    if (n < *room)
        return true;
    size_t wanted = n < 32 ? 64 : n + n / 2, size = sizeof **array;
    levin_value **grown = levin__realloc(*array, *room * size, wanted * size);
    if (!grown)
        return false;
    memset(grown + *room, 0, (wanted - *room) * size);
    *array = grown;
    *room = wanted;
    return true;
}

/* The stack above the last mark is what an opcode may take. */
static size_t floor_of(const levin_machine *m) { return m->n_marks ? m->marks[m->n_marks - 1] : 0; }

bool levin__machine_push(levin_machine *m, levin_value *v)
{
    if (v && m->height == LEVIN_PICKLE_MAX_VALUES)
        return levin__machine_refuse(m, "too many values on the stack");
    if (!v || !grow(&m->stack, m->height, &m->stack_room))
        return false;
    m->stack[m->height++] = v;
    return true;
}

levin_value **levin__machine_pop(levin_machine *m, size_t n)
{
    if (m->height - floor_of(m) < n)
        return levin__machine_fail(m, LEVIN_EFORMAT, "too few values on the stack");
    m->height -= n;
    return m->stack + m->height;
}

levin_value *levin__machine_top(levin_machine *m)
{
    levin_value **at = levin__machine_pop(m, 1);
    m->height += at != NULL;
    return at ? *at : NULL;
}

levin_value **levin__machine_pop_mark(levin_machine *m, size_t *n)
{
    if (!m->n_marks)
        return levin__machine_fail(m, LEVIN_EFORMAT, "no mark was set");
    size_t base = m->marks[--m->n_marks];
    *n = m->height - base;
    m->height = base;
    static levin_value *nothing;
    return m->stack ? m->stack + base : &nothing;
}

bool levin__machine_remember(levin_machine *m, uint64_t at)
{
    levin_value *v = levin__machine_top(m);
    if (v && at >= LEVIN_PICKLE_MAX_VALUES)
        return levin__machine_refuse(m, "more is remembered than values may be made");
    while (v && at >= m->memo_room)
        if (!grow(&m->memo, m->memo_room, &m->memo_room))
            return false;
    if (!v)
        return false;
    m->memo[at] = v;
    if (at >= m->memo_size)
        m->memo_size = at + 1;
    return true;
}

bool levin__machine_recall(levin_machine *m, uint64_t at)
{
    levin_value *v = at < m->memo_size ? m->memo[at] : NULL;
    return v ? levin__machine_push(m, v)
             : levin__machine_refuse(m, "nothing was remembered under that number");
}
