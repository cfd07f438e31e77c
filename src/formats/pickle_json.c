/* pickle_json.c: values as JSON, for people and for headers of checkpoints. A pickle may hold one
 * value in many places, and so be exponentially larger when written out, or hold a value inside
 * itself: depth and size are bounded here once more. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "formats/pickle_machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 32, LONGEST = 256, MAX_TEXT = 1 << 26 };
enum { MAX_COST = 1 << 24, COST = 32 }; // bytes, about; and of a value beside its text

typedef struct {
    int depth;
    size_t cost;
} walk;

static json_t *to_json(walk *w, const levin_value *v);

/* A number beyond 64 bits as hexadecimal digits. */
static json_t *long_number(levin_text bytes)
{
    char text[LONGEST];
    size_t n = bytes.size, at = 2;
    if (n > (LONGEST - 4) / 2)
        return json_string("...");
    bool negative = bytes.bytes[n - 1] & 0x80;
    unsigned carry = 1;
    unsigned char magnitude[LONGEST];
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)bytes.bytes[i];
        unsigned x = negative ? (unsigned)(unsigned char)~byte + carry : byte;
        magnitude[i] = (unsigned char)x;
        carry = x >> 8;
    }
    while (n > 1 && !magnitude[n - 1])
        n--;
    snprintf(text, sizeof text, "-0x");
    for (at = 3; n--; at += 2)
        snprintf(text + at, sizeof text - at, "%02x", magnitude[n]);
    return json_string(negative ? text : text + 1);
}

static json_t *shape_text(const levin_pickle_tensor *t)
{
    char text[LONGEST];
    int at = snprintf(text, sizeof text, "tensor %s (", levin_st_dtype_name(t->dtype));
    for (int64_t d = 0; d < t->ndim && at < LONGEST - 32; d++)
        at +=
            snprintf(text + at, sizeof text - (size_t)at, "%s%" PRIu64, d ? ", " : "", t->shape[d]);
    snprintf(text + at, sizeof text - (size_t)at, ")");
    return json_string(text);
}

static json_t *sequence(walk *w, const levin_values *items)
{
    json_t *list = json_array();
    for (size_t i = 0; i < items->n && w->cost <= MAX_COST; i++)
        json_array_append_new(list, to_json(w, items->at[i]));
    return list;
}

/* Adds the value as compact JSON; a text alone stands without quotes. */
static void write(levin_buffer *out, const json_t *value)
{
    if (json_is_string(value))
        levin__buffer_add(out, json_string_value(value), json_string_length(value));
    else
        levin__json_print(out, value);
}

/* A key that is no text becomes the text that its JSON is. */
static json_t *dict(walk *w, const levin_values *items)
{
    json_t *object = json_object();
    levin_buffer name = LEVIN_BUFFER(MAX_TEXT);
    for (size_t i = 0; i + 1 < items->n && w->cost <= MAX_COST; i += 2) {
        json_t *key = to_json(w, items->at[i]);
        levin__buffer_clear(&name);
        write(&name, key);
        if (!name.failed && levin__buffer_add(&name, "", 0))
            json_object_setn_new(object, name.data, name.size, to_json(w, items->at[i + 1]));
        json_decref(key);
    }
    levin__buffer_free(&name);
    return object;
}

/* OmegaConf's containers keep what they hold in _content, its nodes in _val. */
static json_t *content(walk *w, const levin_value *state)
{
    const levin_value *v = levin__value_get(state, "_content");
    v = v ? v : levin__value_get(state, "_val");
    return v ? to_json(w, v) : json_null();
}

static json_t *object(walk *w, const levin_pickle_object *o)
{
    char name[128];
    bool stateful = o->state && o->state->kind == LEVIN_VALUE_DICT;
    if (stateful && o->name->role == LEVIN_NAME_STATE)
        return to_json(w, o->state);
    if (stateful && o->name->role == LEVIN_NAME_CONTENT)
        return content(w, o->state);
    levin_buffer text = LEVIN_BUFFER(MAX_TEXT);
    levin__buffer_addf(&text, "%s(", levin__pickle_name_text(name, o->name));
    for (size_t i = 0; i < o->args->items.n && w->cost <= MAX_COST; i++) {
        json_t *arg = to_json(w, o->args->items.at[i]);
        levin__buffer_add_text(&text, i ? ", " : "");
        write(&text, arg);
        json_decref(arg);
    }
    levin__buffer_add_char(&text, ')');
    json_t *json = text.failed ? NULL : json_stringn(text.data, text.size);
    levin__buffer_free(&text);
    return json;
}

static json_t *plain(const levin_value *v)
{
    char text[LONGEST];
    switch (v->kind) {
    case LEVIN_VALUE_BOOL:
        return json_boolean(v->truth);
    case LEVIN_VALUE_INT:
        return json_integer(v->integer);
    case LEVIN_VALUE_LONG:
        return long_number(v->text);
    case LEVIN_VALUE_REAL:
        return levin__json_real(v->real);
    case LEVIN_VALUE_TEXT:
        return json_stringn(v->text.bytes, v->text.size);
    case LEVIN_VALUE_BYTES:
        snprintf(text, sizeof text, "bytes (%zu)", v->text.size);
        return json_string(text);
    case LEVIN_VALUE_NAME:
        return json_string(levin__pickle_name_text(text, v->name));
    case LEVIN_VALUE_TENSOR:
        return shape_text(v->tensor);
    case LEVIN_VALUE_STORAGE:
        return json_string("storage");
    default:
        return json_null();
    }
}

static json_t *container(walk *w, const levin_value *v)
{
    switch (v->kind) {
    case LEVIN_VALUE_LIST:
    case LEVIN_VALUE_TUPLE:
    case LEVIN_VALUE_SET:
        return sequence(w, &v->items);
    case LEVIN_VALUE_DICT:
        return dict(w, &v->items);
    case LEVIN_VALUE_OBJECT:
        return object(w, v->object);
    default:
        return plain(v);
    }
}

static json_t *to_json(walk *w, const levin_value *v)
{
    w->cost += COST + (v->kind == LEVIN_VALUE_TEXT ? v->text.size : 0);
    if (w->cost > MAX_COST || w->depth == MAX_DEPTH)
        return json_string("...");
    w->depth++;
    json_t *json = container(w, v);
    w->depth--;
    return json;
}

json_t *levin__value_json(const levin_value *v)
{
    walk w = { 0 };
    json_t *json = v ? to_json(&w, v) : NULL;
    if (v && !json)
        levin__error_set(LEVIN_ENOMEM, "out of memory: values of a pickle");
    return json;
}
