/* pickle_machine.h: the inside of the pickle reader: the stack machine that opcodes work on, and
 * what they and the known names share to make values. For pickle_*.c alone. */
#ifndef LEVIN_FORMATS_PICKLE_MACHINE_H
#define LEVIN_FORMATS_PICKLE_MACHINE_H

#include "base/map.h"
#include "formats/pickle.h"

typedef struct levin_pickle_chunk {
    struct levin_pickle_chunk *next;
    size_t used, room;
    _Alignas(16) unsigned char bytes[];
} levin_pickle_chunk;

/* What was read: values live in chunks that are freed together. */
struct levin_pickle {
    levin_pickle_chunk *chunks;
    size_t memory; // bytes of all chunks
    levin_value *root;
    size_t size;
    levin_pickle_storage *storages, *last_storage;
};

typedef struct levin_machine {
    levin_pickle *pickle;
    const unsigned char *begin, *at, *end;
    const unsigned char *op; // the opcode that is being carried out
    size_t offset;           // of begin in the file
    const char *where;
    levin_value **stack;
    size_t height, stack_room;
    size_t marks[LEVIN_PICKLE_MAX_DEPTH]; // heights
    size_t n_marks;
    levin_value **memo; // NULL where nothing was put
    size_t memo_size, memo_room;
    size_t n_values;
    levin_map *storages;   // key -> address of the storage
    bool stopped, limited; // limited: the bytes go on, but not for a pickle
} levin_machine;

/* A name that a pickle may hold, and what calling it gives. */
struct levin_pickle_name {
    const char *module, *name;
    /* NULL: it stands for itself and may not be called. Returns NULL after a failure. */
    levin_value *(*call)(levin_machine *m, const levin_pickle_name *me, const levin_values *args);
    enum {
        LEVIN_NAME_PLAIN,
        LEVIN_NAME_STORAGE, // a storage class of dtype
        LEVIN_NAME_BYTES,   // the storage class without a dtype
        LEVIN_NAME_DTYPE,
        LEVIN_NAME_STATE,   // objects that are their state: a namespace, a config
        LEVIN_NAME_CONTENT, // of OmegaConf: objects whose state wraps the value
    } role;
    levin_st_dtype dtype;
};

/** The name if it is known, else NULL. */
const levin_pickle_name *levin__pickle_name_find(levin_text module, levin_text name);
/** "MARK" and so on; NULL for a byte that is no opcode. */
const char *levin__opcode_name(unsigned char opcode);
/** Carries out the opcode at m->op; false after a failure. */
bool levin__opcode_run(levin_machine *m);

/** Records "where: byte N: OPCODE: ..." for the opcode that is being carried out; returns NULL. */
void *levin__machine_fail(levin_machine *m, int code, const char *fmt, ...) LEVIN_FORMAT(3, 4);
/** The same with LEVIN_EFORMAT, for those who answer whether it went well; returns false. */
static inline bool levin__machine_refuse(levin_machine *m, const char *why)
{
    levin__machine_fail(m, LEVIN_EFORMAT, "%s", why);
    return false;
}

/** The next n bytes, which are taken; NULL after a failure. */
const unsigned char *levin__machine_take(levin_machine *m, size_t n);

/* The stack; what lies below the last mark is out of reach. */
bool levin__machine_push(levin_machine *m, levin_value *v); // false, too, for NULL
/** The n topmost values, lowest first; NULL after a failure. */
levin_value **levin__machine_pop(levin_machine *m, size_t n);
levin_value *levin__machine_top(levin_machine *m);
/** Takes the last mark and what lies above it: *n values. NULL after a failure. */
levin_value **levin__machine_pop_mark(levin_machine *m, size_t *n);
/** Remembers the topmost value under a number; pushes the one that was remembered. */
bool levin__machine_remember(levin_machine *m, uint64_t number);
bool levin__machine_recall(levin_machine *m, uint64_t number);

/** Bytes that live as long as the pickle; NULL after a failure, also past the limit. */
void *levin__machine_alloc(levin_machine *m, size_t bytes);
levin_value *levin__value_new(levin_machine *m, levin_value_kind kind);
levin_value *levin__value_integer(levin_machine *m, int64_t x);
levin_value *levin__value_real(levin_machine *m, double x);
/** A copy of the bytes, closed by a NUL that does not count. */
levin_value *levin__value_bytes(levin_machine *m, levin_value_kind kind, const void *bytes,
                                size_t n);
/** The same, which must be UTF-8. */
levin_value *levin__value_text(levin_machine *m, const void *bytes, size_t n);
/** Adds n values to a container. */
bool levin__value_add(levin_machine *m, levin_value *container, levin_value *const *values,
                      size_t n);

/** What calling name with these arguments gives; NULL after a failure. */
levin_value *levin__pickle_call(levin_machine *m, const levin_pickle_name *name,
                                const levin_values *args);
/** The storage of a persistent id. */
levin_value *levin__pickle_persistent(levin_machine *m, const levin_value *id);

/* The opcodes of pickle_containers.c. */
typedef bool levin_pickle_op(levin_machine *m);
levin_pickle_op levin__op_empty_list, levin__op_empty_tuple, levin__op_empty_set,
    levin__op_empty_dict, levin__op_tuple1, levin__op_tuple2, levin__op_tuple3, levin__op_tuple,
    levin__op_frozenset;
levin_pickle_op levin__op_append, levin__op_setitem, levin__op_appends, levin__op_additems,
    levin__op_setitems;
levin_pickle_op levin__op_global, levin__op_stack_global, levin__op_reduce, levin__op_newobj_ex,
    levin__op_build, levin__op_binpersid;

/* The calls of pickle_names.c. */
typedef levin_value *levin_pickle_call(levin_machine *m, const levin_pickle_name *me,
                                       const levin_values *args);
levin_pickle_call levin__call_dict, levin__call_default_dict, levin__call_list, levin__call_set;
levin_pickle_call levin__call_first, levin__call_bytes, levin__call_encode, levin__call_path,
    levin__call_device, levin__call_object;
levin_pickle_call levin__call_tensor, levin__call_tensor_v2, levin__call_tensor_v3,
    levin__call_parameter, levin__call_from_type;
levin_pickle_call levin__call_numpy_scalar;

#endif
