/* pickle_calls.c: what calling a known name gives: containers, texts, and objects that keep their
 * arguments. Tensors are in pickle_tensor.c. */
#include "base/buffer.h"
#include "base/error.h"
#include "formats/pickle_machine.h"

levin_value *levin__pickle_call(levin_machine *m, const levin_pickle_name *name,
                                const levin_values *args)
{
    char shown[128];
    if (name->call)
        return name->call(m, name, args);
    return levin__machine_fail(m, LEVIN_EUNSUPPORTED, "%s may stand as a name, but not be called",
                               levin__pickle_name_text(shown, name));
}

static levin_value *refuse(levin_machine *m, const levin_pickle_name *me)
{
    char shown[128];
    return levin__machine_fail(m, LEVIN_EFORMAT, "%s with arguments that do not fit it",
                               levin__pickle_name_text(shown, me));
}

static bool is_sequence(const levin_value *v)
{
    return v->kind == LEVIN_VALUE_LIST || v->kind == LEVIN_VALUE_TUPLE ||
           v->kind == LEVIN_VALUE_SET;
}

static levin_value *new_container(levin_machine *m, levin_value_kind kind)
{
    levin_value *v = levin__value_new(m, kind);
    if (v)
        v->depth = 1;
    return v;
}

/* A dict of a list of pairs, as Python 2's OrderedDict was written. */
static levin_value *dict_of_pairs(levin_machine *m, const levin_pickle_name *me,
                                  const levin_values *pairs)
{
    levin_value *dict = new_container(m, LEVIN_VALUE_DICT);
    for (size_t i = 0; dict && i < pairs->n; i++) {
        const levin_value *pair = pairs->at[i];
        if (!is_sequence(pair) || pair->items.n != 2)
            return refuse(m, me);
        if (!levin__value_add(m, dict, pair->items.at, 2))
            return NULL;
    }
    return dict;
}

levin_value *levin__call_dict(levin_machine *m, const levin_pickle_name *me,
                              const levin_values *args)
{
    static const levin_values none;
    if (args->n == 0)
        return dict_of_pairs(m, me, &none);
    const levin_value *from = args->at[0];
    if (args->n == 1 && is_sequence(from))
        return dict_of_pairs(m, me, &from->items);
    if (args->n > 1 || from->kind != LEVIN_VALUE_DICT)
        return refuse(m, me);
    levin_value *dict = new_container(m, LEVIN_VALUE_DICT);
    return dict && levin__value_add(m, dict, from->items.at, from->items.n) ? dict : NULL;
}

/* defaultdict(list): what it makes of absent keys does not matter to who only reads. */
levin_value *levin__call_default_dict(levin_machine *m, const levin_pickle_name *me,
                                      const levin_values *args)
{
    return args->n <= 1 ? new_container(m, LEVIN_VALUE_DICT) : refuse(m, me);
}

static levin_value *collect(levin_machine *m, const levin_pickle_name *me, levin_value_kind kind,
                            const levin_values *args)
{
    if (args->n && !is_sequence(args->at[0]))
        return refuse(m, me);
    levin_value *v = new_container(m, kind);
    if (v && args->n && !levin__value_add(m, v, args->at[0]->items.at, args->at[0]->items.n))
        return NULL;
    return v;
}

/* deque(items, maxlen) is a list here. */
levin_value *levin__call_list(levin_machine *m, const levin_pickle_name *me,
                              const levin_values *args)
{
    return args->n <= 2 ? collect(m, me, LEVIN_VALUE_LIST, args) : refuse(m, me);
}

levin_value *levin__call_set(levin_machine *m, const levin_pickle_name *me,
                             const levin_values *args)
{
    return args->n <= 1 ? collect(m, me, LEVIN_VALUE_SET, args) : refuse(m, me);
}

/* torch.Size((2, 3)) is its tuple, a layout its name. */
levin_value *levin__call_first(levin_machine *m, const levin_pickle_name *me,
                               const levin_values *args)
{
    return args->n == 1 ? args->at[0] : refuse(m, me);
}

/* The characters of a text as single bytes; NULL if one is beyond 255. */
static levin_value *latin1(levin_machine *m, const levin_pickle_name *me, levin_text text)
{
    levin_value *v = levin__value_bytes(m, LEVIN_VALUE_BYTES, text.bytes, text.size);
    const unsigned char *p = (const unsigned char *)text.bytes, *end = p + text.size;
    size_t n = 0;
    for (char *to = v ? (char *)v->text.bytes : NULL; to && p < end; n++) {
        size_t size = levin__utf8_size(p, end);
        if (size != 1 && !(size == 2 && p[0] <= 0xc3))
            return refuse(m, me);
        to[n] = (char)(size == 1 ? p[0] : (p[0] & 3) << 6 | (p[1] & 0x3f));
        p += size;
    }
    if (v)
        v->text.size = n;
    return v;
}

/* How protocol 2 writes bytes: _codecs.encode(text, "latin1"). */
levin_value *levin__call_encode(levin_machine *m, const levin_pickle_name *me,
                                const levin_values *args)
{
    bool fits = args->n == 2 && args->at[0]->kind == LEVIN_VALUE_TEXT &&
                (levin__value_is(args->at[1], "latin1") || levin__value_is(args->at[1], "latin-1"));
    return fits ? latin1(m, me, args->at[0]->text) : refuse(m, me);
}

levin_value *levin__call_bytes(levin_machine *m, const levin_pickle_name *me,
                               const levin_values *args)
{
    if (args->n == 0)
        return levin__value_bytes(m, LEVIN_VALUE_BYTES, "", 0);
    if (args->n == 1 && args->at[0]->kind == LEVIN_VALUE_BYTES)
        return args->at[0];
    return levin__call_encode(m, me, args);
}

/* PosixPath("a", "b") is the text a/b. */
levin_value *levin__call_path(levin_machine *m, const levin_pickle_name *me,
                              const levin_values *args)
{
    levin_buffer path = LEVIN_BUFFER(LEVIN_PICKLE_MAX_TEXT);
    levin_value *v = NULL;
    for (size_t i = 0; i < args->n; i++) {
        if (args->at[i]->kind != LEVIN_VALUE_TEXT) {
            levin__buffer_free(&path);
            return refuse(m, me);
        }
        if (path.size && path.data[path.size - 1] != '/')
            levin__buffer_add_char(&path, '/');
        levin__buffer_add(&path, args->at[i]->text.bytes, args->at[i]->text.size);
    }
    if (!path.failed)
        v = levin__value_bytes(m, LEVIN_VALUE_TEXT, path.size ? path.data : ".",
                               path.size ? path.size : 1);
    levin__buffer_free(&path);
    return v;
}

/* torch.device("cuda", 0) is the text cuda:0. */
levin_value *levin__call_device(levin_machine *m, const levin_pickle_name *me,
                                const levin_values *args)
{
    bool indexed = args->n == 2 && args->at[1]->kind == LEVIN_VALUE_INT;
    if ((args->n != 1 && !indexed) || args->at[0]->kind != LEVIN_VALUE_TEXT)
        return refuse(m, me);
    if (!indexed)
        return args->at[0];
    levin_buffer text = LEVIN_BUFFER(LEVIN_PICKLE_MAX_TEXT);
    levin_value *v = NULL;
    levin__buffer_add(&text, args->at[0]->text.bytes, args->at[0]->text.size);
    if (levin__buffer_addf(&text, ":%lld", (long long)args->at[1]->integer))
        v = levin__value_bytes(m, LEVIN_VALUE_TEXT, text.data, text.size);
    levin__buffer_free(&text);
    return v;
}

levin_value *levin__call_object(levin_machine *m, const levin_pickle_name *me,
                                const levin_values *args)
{
    levin_value *v = levin__value_new(m, LEVIN_VALUE_OBJECT);
    levin_value *copy = v ? new_container(m, LEVIN_VALUE_TUPLE) : NULL;
    if (!copy || !levin__value_add(m, copy, args->at, args->n))
        return NULL;
    v->object = levin__machine_alloc(m, sizeof *v->object);
    if (!v->object)
        return NULL;
    *v->object = (levin_pickle_object){ .name = me, .args = copy };
    v->depth = copy->depth;
    return v;
}
