/* pickles.h: hand-made pickles for tests: literals of opcodes, and parts that tensors take. */
#ifndef LEVIN_TESTS_FORMATS_PICKLES_H
#define LEVIN_TESTS_FORMATS_PICKLES_H

#include "support/unit.h"

#include "formats/pickle.h"

/* ("storage", class, key of one letter, "cpu", numel of one byte) as a persistent id. */
#define STORAGE(class, key, numel)                                                                 \
    "(X\7\0\0\0storagectorch\n" class "\nX\1\0\0\0" key "X\3\0\0\0cpuK" numel "tQ"
#define V2          "ctorch._utils\n_rebuild_tensor_v2\n"
#define V3          "ctorch._utils\n_rebuild_tensor_v3\n"
#define ORDERED     "ccollections\nOrderedDict\n)R"
#define TEXT1(text) "X\1\0\0\0" text

#define READ(literal)               levin__pickle_read(literal, sizeof(literal) - 1, 0, "t")
#define REFUSED(literal, code, why) refused(literal, sizeof(literal) - 1, code, why)

static inline void refused(const char *bytes, size_t n, int code, const char *why)
{
    assert_null(levin__pickle_read(bytes, n, 0, "t"));
    assert_error(code, why);
}

/* The value of a pickle, which is freed with *p. */
static inline const levin_value *root_of(levin_pickle *p)
{
    if (!p)
        fail_msg("%s", levin_error_message());
    return levin__pickle_root(p);
}

#endif
