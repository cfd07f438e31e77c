/* pickle_write.c: see pickle_write.h. Nothing is remembered and asked for again: a name takes as
 * many bytes each time, which is little beside the tensors. */
#include "formats/pickle_write.h"

#include "base/error.h"
#include "formats/pickle.h"

#include <stdio.h>
#include <string.h>

static void put_little_endian(levin_buffer *out, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++)
        levin__buffer_add_char(out, (char)(x >> 8 * i));
}

static void put_text(levin_buffer *out, const char *text, size_t n)
{
    levin__buffer_add_char(out, 'X'); // BINUNICODE
    put_little_endian(out, n, 4);
    levin__buffer_add(out, text, n);
}

static void put_name(levin_buffer *out, const char *module, const char *name)
{
    levin__buffer_addf(out, "c%s\n%s\n", module, name); // GLOBAL
}

static void put_integer(levin_buffer *out, int64_t x)
{
    if (x >= 0 && x <= UINT8_MAX) {
        levin__buffer_add_char(out, 'K'); // BININT1
        put_little_endian(out, (uint64_t)x, 1);
    } else if (x >= INT32_MIN && x <= INT32_MAX) {
        levin__buffer_add_char(out, 'J'); // BININT
        put_little_endian(out, (uint64_t)x, 4);
    } else {
        levin__buffer_add(out, "\x8a\x08", 2); // LONG1
        put_little_endian(out, (uint64_t)x, 8);
    }
}

static void put_real(levin_buffer *out, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    levin__buffer_add_char(out, 'G'); // BINFLOAT, largest byte first
    for (int i = 56; i >= 0; i -= 8)
        levin__buffer_add_char(out, (char)(bits >> i));
}

static void put_value(levin_buffer *out, const json_t *value);

/* The members, to be closed by SETITEMS. */
static void put_members(levin_buffer *out, const json_t *object)
{
    const char *key;
    json_t *member;
    size_t n;
    levin__buffer_add_text(out, "}("); // EMPTY_DICT, MARK
    json_object_keylen_foreach((json_t *)object, key, n, member)
    {
        put_text(out, key, n);
        put_value(out, member);
    }
}

static void put_list(levin_buffer *out, const json_t *list)
{
    levin__buffer_add_text(out, "]("); // EMPTY_LIST, MARK
    for (size_t i = 0; i < json_array_size(list); i++)
        put_value(out, json_array_get(list, i));
    levin__buffer_add_char(out, 'e'); // APPENDS
}

static void put_value(levin_buffer *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_members(out, value);
        levin__buffer_add_char(out, 'u'); // SETITEMS
        break;
    case JSON_ARRAY:
        put_list(out, value);
        break;
    case JSON_STRING:
        put_text(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        put_integer(out, json_integer_value(value));
        break;
    case JSON_REAL:
        put_real(out, json_real_value(value));
        break;
    case JSON_TRUE:
        levin__buffer_add_char(out, '\x88');
        break;
    case JSON_FALSE:
        levin__buffer_add_char(out, '\x89');
        break;
    case JSON_NULL:
        levin__buffer_add_char(out, 'N');
        break;
    }
}

static void put_ordered_dict(levin_buffer *out)
{
    put_name(out, "collections", "OrderedDict");
    levin__buffer_add_text(out, ")R"); // EMPTY_TUPLE, REDUCE
}

static void put_tuple(levin_buffer *out, const uint64_t *x, int64_t n)
{
    levin__buffer_add_char(out, '('); // MARK
    for (int64_t i = 0; i < n; i++)
        put_integer(out, (int64_t)x[i]);
    levin__buffer_add_char(out, 't'); // TUPLE
}

/* ("storage", class, key, "cpu", numel) as a persistent id. */
static void put_storage(levin_buffer *out, const char *class, int64_t key, uint64_t numel)
{
    char text[24];
    levin__buffer_add_char(out, '(');
    put_text(out, "storage", 7);
    put_name(out, "torch", class);
    put_text(out, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)key));
    put_text(out, "cpu", 3);
    put_integer(out, (int64_t)numel);
    levin__buffer_add_text(out, "tQ"); // TUPLE, BINPERSID
}

/* _rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks) */
static bool put_tensor(levin_buffer *out, const levin_st_entry *e, int64_t key)
{
    uint64_t stride[LEVIN_PICKLE_MAX_DIMS], numel = 1;
    const char *class = levin__pickle_storage_class(e->dtype);
    if (!class || e->ndim > LEVIN_PICKLE_MAX_DIMS) {
        levin__error_set(LEVIN_EDTYPE,
                         "tensor \"%s\": %s of %lld dimensions has no storage in "
                         "torch",
                         e->name, levin_st_dtype_name(e->dtype), (long long)e->ndim);
        return false;
    }
    for (int64_t d = e->ndim; d-- > 0;) {
        stride[d] = numel;
        numel *= e->shape[d];
    }
    put_name(out, "torch._utils", "_rebuild_tensor_v2");
    levin__buffer_add_char(out, '(');
    put_storage(out, class, key, numel);
    put_integer(out, 0);
    put_tuple(out, e->shape, e->ndim);
    put_tuple(out, stride, e->ndim);
    levin__buffer_add_char(out, '\x89'); // NEWFALSE
    put_ordered_dict(out);
    levin__buffer_add_text(out, "tR"); // TUPLE, REDUCE
    return true;
}

bool levin__pickle_write(levin_buffer *out, const json_t *object, const char *key,
                         const levin_st_entry *tensors, int64_t n)
{
    levin__buffer_add(out, "\x80\x02", 2); // PROTO
    put_members(out, object);
    put_text(out, key, strlen(key));
    put_ordered_dict(out);
    levin__buffer_add_char(out, '(');
    for (int64_t i = 0; i < n; i++) {
        put_text(out, tensors[i].name, strlen(tensors[i].name));
        if (!put_tensor(out, &tensors[i], i))
            return false;
    }
    levin__buffer_add_text(out, "uu."); // SETITEMS of the tensors, of the dict; STOP
    return !out->failed;
}
