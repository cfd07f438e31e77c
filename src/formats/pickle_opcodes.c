/* pickle_opcodes.c: the opcodes that are read: those that Python's pickler emits in protocols 2 to
 * 5. The others have a name here, for messages, and no function. Those of containers, names and
 * calls stand in pickle_containers.c. */
#include "formats/pickle_machine.h"

#include <string.h>

static uint64_t little_endian(const unsigned char *p, size_t n)
{
    uint64_t x = 0;
    while (n--)
        x = x << 8 | p[n];
    return x;
}

static bool number(levin_machine *m, size_t bytes, uint64_t *out)
{
    const unsigned char *p = levin__machine_take(m, bytes);
    *out = p ? little_endian(p, bytes) : 0;
    return p != NULL;
}

/* ---- The machine itself ---- */

static bool op_proto(levin_machine *m)
{
    uint64_t version;
    if (m->op != m->begin)
        return levin__machine_refuse(m, "the protocol stands at the beginning only");
    return number(m, 1, &version); // which has been looked at
}

static bool op_frame(levin_machine *m)
{
    uint64_t size;
    return number(m, 8, &size); // a hint of how much to read ahead
}

static bool op_stop(levin_machine *m)
{
    m->stopped = true;
    return true;
}

static bool op_mark(levin_machine *m)
{
    if (m->n_marks == LEVIN_PICKLE_MAX_DEPTH)
        return levin__machine_refuse(m, "more marks inside each other than containers may be");
    m->marks[m->n_marks++] = m->height;
    return true;
}

static bool op_pop(levin_machine *m) { return levin__machine_pop(m, 1) != NULL; }

static bool op_pop_mark(levin_machine *m)
{
    size_t n;
    return levin__machine_pop_mark(m, &n) != NULL;
}

static bool op_binput(levin_machine *m)
{
    uint64_t at;
    return number(m, 1, &at) && levin__machine_remember(m, at);
}
static bool op_long_binput(levin_machine *m)
{
    uint64_t at;
    return number(m, 4, &at) && levin__machine_remember(m, at);
}
static bool op_memoize(levin_machine *m) { return levin__machine_remember(m, m->memo_size); }

static bool op_binget(levin_machine *m)
{
    uint64_t at;
    return number(m, 1, &at) && levin__machine_recall(m, at);
}
static bool op_long_binget(levin_machine *m)
{
    uint64_t at;
    return number(m, 4, &at) && levin__machine_recall(m, at);
}

/* ---- Numbers and texts ---- */

static bool op_none(levin_machine *m)
{
    return levin__machine_push(m, levin__value_new(m, LEVIN_VALUE_NONE));
}

static bool push_bool(levin_machine *m, bool truth)
{
    levin_value *v = levin__value_new(m, LEVIN_VALUE_BOOL);
    if (v)
        v->truth = truth;
    return levin__machine_push(m, v);
}
static bool op_newtrue(levin_machine *m) { return push_bool(m, true); }
static bool op_newfalse(levin_machine *m) { return push_bool(m, false); }

static bool op_binint(levin_machine *m)
{
    uint64_t x;
    return number(m, 4, &x) &&
           levin__machine_push(m, levin__value_integer(m, (int32_t)(uint32_t)x));
}
static bool op_binint1(levin_machine *m)
{
    uint64_t x;
    return number(m, 1, &x) && levin__machine_push(m, levin__value_integer(m, (int64_t)x));
}
static bool op_binint2(levin_machine *m)
{
    uint64_t x;
    return number(m, 2, &x) && levin__machine_push(m, levin__value_integer(m, (int64_t)x));
}

/* A whole number of n bytes in two's complement. */
static bool push_long(levin_machine *m, uint64_t n)
{
    if (n > LEVIN_PICKLE_MAX_TEXT)
        return levin__machine_refuse(m, "a number of too many bytes");
    const unsigned char *p = levin__machine_take(m, (size_t)n);
    if (p && n > 8)
        return levin__machine_push(m, levin__value_bytes(m, LEVIN_VALUE_LONG, p, (size_t)n));
    if (!p)
        return false;
    uint64_t x = little_endian(p, (size_t)n);
    if (n && n < 8 && p[n - 1] & 0x80)
        x |= UINT64_MAX << 8 * n;
    return levin__machine_push(m, levin__value_integer(m, (int64_t)x));
}

static bool op_long1(levin_machine *m)
{
    uint64_t n;
    return number(m, 1, &n) && push_long(m, n);
}
static bool op_long4(levin_machine *m)
{
    uint64_t n;
    return number(m, 4, &n) && push_long(m, n);
}

static bool op_binfloat(levin_machine *m)
{
    const unsigned char *p = levin__machine_take(m, 8);
    unsigned char turned[8]; // the one number of a pickle that begins with its largest byte
    for (int i = 0; p && i < 8; i++)
        turned[i] = p[7 - i];
    double x;
    memcpy(&x, turned, sizeof x);
    return p && levin__machine_push(m, levin__value_real(m, x));
}

typedef levin_value *make_text(levin_machine *m, const void *bytes, size_t n);

static levin_value *make_bytes(levin_machine *m, const void *bytes, size_t n)
{
    return levin__value_bytes(m, LEVIN_VALUE_BYTES, bytes, n);
}

/* Python 2's strings: texts where they can be. */
static levin_value *make_string(levin_machine *m, const void *bytes, size_t n)
{
    const unsigned char *p = bytes, *end = p + n;
    for (size_t step = 1; p < end && step; p += step)
        step = levin__utf8_size(p, end);
    return levin__value_bytes(m, p == end ? LEVIN_VALUE_TEXT : LEVIN_VALUE_BYTES, bytes, n);
}

static bool push_text(levin_machine *m, size_t bytes_of_length, make_text *make)
{
    uint64_t n;
    if (!number(m, bytes_of_length, &n))
        return false;
    if (n > LEVIN_PICKLE_MAX_TEXT) {
        levin__machine_fail(m, LEVIN_EFORMAT, "a text of %llu bytes, more than %d",
                            (unsigned long long)n, LEVIN_PICKLE_MAX_TEXT);
        return false;
    }
    const unsigned char *p = levin__machine_take(m, (size_t)n);
    return p && levin__machine_push(m, make(m, p, (size_t)n));
}

static bool op_binstring(levin_machine *m) { return push_text(m, 4, make_string); }
static bool op_short_binstring(levin_machine *m) { return push_text(m, 1, make_string); }
static bool op_binunicode(levin_machine *m) { return push_text(m, 4, levin__value_text); }
static bool op_short_binunicode(levin_machine *m) { return push_text(m, 1, levin__value_text); }
static bool op_binunicode8(levin_machine *m) { return push_text(m, 8, levin__value_text); }
static bool op_binbytes(levin_machine *m) { return push_text(m, 4, make_bytes); }
static bool op_short_binbytes(levin_machine *m) { return push_text(m, 1, make_bytes); }
static bool op_binbytes8(levin_machine *m) { return push_text(m, 8, make_bytes); }

static const struct {
    const char *name;
    levin_pickle_op *run;
} opcodes[256] = {
    [0x80] = { "PROTO", op_proto },
    [0x95] = { "FRAME", op_frame },
    ['.'] = { "STOP", op_stop },
    ['('] = { "MARK", op_mark },
    ['0'] = { "POP", op_pop },
    ['1'] = { "POP_MARK", op_pop_mark },
    ['q'] = { "BINPUT", op_binput },
    ['r'] = { "LONG_BINPUT", op_long_binput },
    [0x94] = { "MEMOIZE", op_memoize },
    ['h'] = { "BINGET", op_binget },
    ['j'] = { "LONG_BINGET", op_long_binget },
    ['N'] = { "NONE", op_none },
    [0x88] = { "NEWTRUE", op_newtrue },
    [0x89] = { "NEWFALSE", op_newfalse },
    ['J'] = { "BININT", op_binint },
    ['K'] = { "BININT1", op_binint1 },
    ['M'] = { "BININT2", op_binint2 },
    [0x8a] = { "LONG1", op_long1 },
    [0x8b] = { "LONG4", op_long4 },
    ['G'] = { "BINFLOAT", op_binfloat },
    ['T'] = { "BINSTRING", op_binstring },
    ['U'] = { "SHORT_BINSTRING", op_short_binstring },
    ['X'] = { "BINUNICODE", op_binunicode },
    [0x8c] = { "SHORT_BINUNICODE", op_short_binunicode },
    [0x8d] = { "BINUNICODE8", op_binunicode8 },
    ['B'] = { "BINBYTES", op_binbytes },
    ['C'] = { "SHORT_BINBYTES", op_short_binbytes },
    [0x8e] = { "BINBYTES8", op_binbytes8 },
    [0x96] = { "BYTEARRAY8", op_binbytes8 },
    [']'] = { "EMPTY_LIST", levin__op_empty_list },
    [')'] = { "EMPTY_TUPLE", levin__op_empty_tuple },
    [0x8f] = { "EMPTY_SET", levin__op_empty_set },
    ['}'] = { "EMPTY_DICT", levin__op_empty_dict },
    [0x85] = { "TUPLE1", levin__op_tuple1 },
    [0x86] = { "TUPLE2", levin__op_tuple2 },
    [0x87] = { "TUPLE3", levin__op_tuple3 },
    ['t'] = { "TUPLE", levin__op_tuple },
    [0x91] = { "FROZENSET", levin__op_frozenset },
    ['a'] = { "APPEND", levin__op_append },
    ['e'] = { "APPENDS", levin__op_appends },
    ['s'] = { "SETITEM", levin__op_setitem },
    ['u'] = { "SETITEMS", levin__op_setitems },
    [0x90] = { "ADDITEMS", levin__op_additems },
    ['c'] = { "GLOBAL", levin__op_global },
    [0x93] = { "STACK_GLOBAL", levin__op_stack_global },
    ['R'] = { "REDUCE", levin__op_reduce },
    [0x81] = { "NEWOBJ", levin__op_reduce },
    [0x92] = { "NEWOBJ_EX", levin__op_newobj_ex },
    ['b'] = { "BUILD", levin__op_build },
    ['Q'] = { "BINPERSID", levin__op_binpersid },
    /* Protocols 0 and 1, copyreg's extensions, and buffers that lie elsewhere. */
    ['2'] = { .name = "DUP" },
    ['F'] = { .name = "FLOAT" },
    ['I'] = { .name = "INT" },
    ['L'] = { .name = "LONG" },
    ['S'] = { .name = "STRING" },
    ['V'] = { .name = "UNICODE" },
    ['P'] = { .name = "PERSID" },
    ['d'] = { .name = "DICT" },
    ['l'] = { .name = "LIST" },
    ['g'] = { .name = "GET" },
    ['p'] = { .name = "PUT" },
    ['i'] = { .name = "INST" },
    ['o'] = { .name = "OBJ" },
    [0x82] = { .name = "EXT1" },
    [0x83] = { .name = "EXT2" },
    [0x84] = { .name = "EXT4" },
    [0x97] = { .name = "NEXT_BUFFER" },
    [0x98] = { .name = "READONLY_BUFFER" },
};

const char *levin__opcode_name(unsigned char opcode) { return opcodes[opcode].name; }

bool levin__opcode_run(levin_machine *m)
{
    if (opcodes[*m->op].run)
        return opcodes[*m->op].run(m);
    if (opcodes[*m->op].name)
        levin__machine_fail(m, LEVIN_EUNSUPPORTED, "an opcode that levin does not read");
    else
        levin__machine_fail(m, LEVIN_EFORMAT, "0x%02x is no opcode", *m->op);
    return false;
}
