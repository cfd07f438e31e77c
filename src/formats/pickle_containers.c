/* pickle_containers.c: the opcodes that make something of values that lie on the stack: containers,
 * and what known names make when they are called. */
#include "formats/pickle_machine.h"

#include <string.h>

enum { MAX_LINE = 256 };

/* ---- Containers ---- */

static bool push_empty(levin_machine *m, levin_value_kind kind)
{
    levin_value *v = levin__value_new(m, kind);
    if (v)
        v->depth = 1;
    return levin__machine_push(m, v);
}
bool levin__op_empty_list(levin_machine *m) { return push_empty(m, LEVIN_VALUE_LIST); }
bool levin__op_empty_tuple(levin_machine *m) { return push_empty(m, LEVIN_VALUE_TUPLE); }
bool levin__op_empty_set(levin_machine *m) { return push_empty(m, LEVIN_VALUE_SET); }
bool levin__op_empty_dict(levin_machine *m) { return push_empty(m, LEVIN_VALUE_DICT); }

/* A new container of n values that have just been taken from the stack. */
static bool push_filled(levin_machine *m, levin_value_kind kind, levin_value **values, size_t n)
{
    levin_value *v = values ? levin__value_new(m, kind) : NULL;
    return v && levin__value_add(m, v, values, n) && levin__machine_push(m, v);
}

bool levin__op_tuple1(levin_machine *m)
{
    return push_filled(m, LEVIN_VALUE_TUPLE, levin__machine_pop(m, 1), 1);
}
bool levin__op_tuple2(levin_machine *m)
{
    return push_filled(m, LEVIN_VALUE_TUPLE, levin__machine_pop(m, 2), 2);
}
bool levin__op_tuple3(levin_machine *m)
{
    return push_filled(m, LEVIN_VALUE_TUPLE, levin__machine_pop(m, 3), 3);
}

bool levin__op_tuple(levin_machine *m)
{
    size_t n;
    levin_value **values = levin__machine_pop_mark(m, &n);
    return push_filled(m, LEVIN_VALUE_TUPLE, values, n);
}

bool levin__op_frozenset(levin_machine *m)
{
    size_t n;
    levin_value **values = levin__machine_pop_mark(m, &n);
    return push_filled(m, LEVIN_VALUE_SET, values, n);
}

/* Adds n values that have just been taken to the container below them. */
static bool add(levin_machine *m, levin_value_kind kind, levin_value **values, size_t n)
{
    levin_value *container = values ? levin__machine_top(m) : NULL;
    if (!container)
        return false;
    if (container->kind != kind)
        return levin__machine_refuse(m, "what it adds to is no such container");
    if (kind == LEVIN_VALUE_DICT && n % 2)
        return levin__machine_refuse(m, "a key without a value");
    return levin__value_add(m, container, values, n);
}

bool levin__op_append(levin_machine *m)
{
    return add(m, LEVIN_VALUE_LIST, levin__machine_pop(m, 1), 1);
}
bool levin__op_setitem(levin_machine *m)
{
    return add(m, LEVIN_VALUE_DICT, levin__machine_pop(m, 2), 2);
}

static bool add_marked(levin_machine *m, levin_value_kind kind)
{
    size_t n;
    levin_value **values = levin__machine_pop_mark(m, &n);
    return add(m, kind, values, n);
}
bool levin__op_appends(levin_machine *m) { return add_marked(m, LEVIN_VALUE_LIST); }
bool levin__op_additems(levin_machine *m) { return add_marked(m, LEVIN_VALUE_SET); }
bool levin__op_setitems(levin_machine *m) { return add_marked(m, LEVIN_VALUE_DICT); }

/* ---- Names, and what is made of them ---- */

static bool push_name(levin_machine *m, levin_text module, levin_text name)
{
    char shown[2][80];
    const levin_pickle_name *known = levin__pickle_name_find(module, name);
    if (!known) {
        levin__machine_fail(m, LEVIN_EUNSUPPORTED,
                            "%s.%s is not one of the names that levin reads; nothing was run",
                            levin__printable(shown[0], module.bytes, module.size),
                            levin__printable(shown[1], name.bytes, name.size));
        return false;
    }
    levin_value *v = levin__value_new(m, LEVIN_VALUE_NAME);
    if (v)
        v->name = known;
    return levin__machine_push(m, v);
}

static bool take_line(levin_machine *m, levin_text *line)
{
    size_t left = (size_t)(m->end - m->at), n = left < MAX_LINE ? left : MAX_LINE;
    const unsigned char *end = n ? memchr(m->at, '\n', n) : NULL;
    if (!end)
        return levin__machine_refuse(m, "a name without an end");
    *line = (levin_text){ (const char *)m->at, (size_t)(end - m->at) };
    m->at = end + 1;
    return true;
}

bool levin__op_global(levin_machine *m)
{
    levin_text module, name;
    return take_line(m, &module) && take_line(m, &name) && push_name(m, module, name);
}

bool levin__op_stack_global(levin_machine *m)
{
    levin_value **v = levin__machine_pop(m, 2);
    if (v && (v[0]->kind != LEVIN_VALUE_TEXT || v[1]->kind != LEVIN_VALUE_TEXT))
        return levin__machine_refuse(m, "a name must be two texts");
    return v && push_name(m, v[0]->text, v[1]->text);
}

static bool call(levin_machine *m, const levin_value *callee, const levin_value *args)
{
    if (callee->kind != LEVIN_VALUE_NAME)
        return levin__machine_refuse(m, "what is called must be a name");
    if (args->kind != LEVIN_VALUE_TUPLE)
        return levin__machine_refuse(m, "arguments must be a tuple");
    return levin__machine_push(m, levin__pickle_call(m, callee->name, &args->items));
}

bool levin__op_reduce(levin_machine *m)
{
    levin_value **v = levin__machine_pop(m, 2);
    return v && call(m, v[0], v[1]);
}

/* Making an object of a class and calling the class are one here. */
bool levin__op_newobj_ex(levin_machine *m)
{
    levin_value **v = levin__machine_pop(m, 3);
    if (v && (v[2]->kind != LEVIN_VALUE_DICT || v[2]->items.n))
        return levin__machine_refuse(m, "arguments with names are not read");
    return v && call(m, v[0], v[1]);
}

/* Attributes: of an object they are kept, of a dict (OrderedDict's _metadata) they mean nothing. */
bool levin__op_build(levin_machine *m)
{
    levin_value **state = levin__machine_pop(m, 1), *v = state ? levin__machine_top(m) : NULL;
    if (v && v->kind == LEVIN_VALUE_OBJECT) {
        if ((*state)->depth + 1 > LEVIN_PICKLE_MAX_DEPTH)
            return levin__machine_refuse(m, "too many containers inside each other");
        v->object->state = *state;
        if (v->depth <= (*state)->depth)
            v->depth = (*state)->depth + 1;
        return true;
    }
    return v && (v->kind == LEVIN_VALUE_DICT ||
                 levin__machine_refuse(m, "only objects and dicts have a state"));
}

bool levin__op_binpersid(levin_machine *m)
{
    levin_value **id = levin__machine_pop(m, 1);
    return id && levin__machine_push(m, levin__pickle_persistent(m, *id));
}
