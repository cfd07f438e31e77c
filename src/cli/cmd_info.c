/* cmd_info.c: what this levin is and runs on, or what a model folder holds. Both are made as a JSON
 * object first; without --json it is printed as lines of name and value. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/folder.h"
#include "tensor/backends.h"
#include "tensor/dispatch.h"

#include <stdio.h>
#include <string.h>

/* Every slot of the kernel contract, to say which ones a back end leaves empty. */
static const struct {
    const char *name;
    size_t offset;
} slots[] = {
#define SLOT(f)                                                                                    \
    {                                                                                              \
        .name = #f, .offset = offsetof(levin_kernels, f)                                           \
    }
    SLOT(fill),
    SLOT(axpy),
    SLOT(unary),
    SLOT(unary_bwd),
    SLOT(binary),
    SLOT(binary_bwd),
    SLOT(dropout),
    SLOT(matmul),
    SLOT(packed_size),
    SLOT(pack),
    SLOT(column_sum),
    SLOT(softmax),
    SLOT(softmax_bwd),
    SLOT(layer_norm),
    SLOT(layer_norm_bwd),
    SLOT(residual_norm),
    SLOT(attention),
    SLOT(attention_bwd),
    SLOT(gather),
    SLOT(scatter_add),
    SLOT(segment_sum),
    SLOT(segment_sum_bwd),
    SLOT(copy_block),
    SLOT(cross_entropy),
    SLOT(cross_entropy_bwd),
    SLOT(pair_loss),
    SLOT(pair_loss_bwd),
    SLOT(argmax),
    SLOT(accuracy),
    SLOT(find_outside),
    SLOT(sum_squares),
    SLOT(clamp),
    SLOT(adam),
    SLOT(sgd),
    SLOT(peak),
#undef SLOT
};
enum { SLOTS = sizeof slots / sizeof *slots };
_Static_assert(sizeof(levin_kernels) == (SLOTS + 1) * sizeof(void *), "every slot has its row");

static bool is_empty(const levin_kernels *k, size_t offset)
{
    static const char nothing[sizeof(void (*)(void))];
    return memcmp((const char *)k + offset, nothing, sizeof nothing) == 0;
}

/* The slots that nothing but ref fills. */
static json_t *fallbacks(void)
{
    const levin_kernels *const *tables = levin__kernel_tables();
    json_t *out = json_array();
    for (int i = 0; i < SLOTS; i++) {
        int k = 0;
        while (k < LEVIN_MAX_TABLES - 1 && is_empty(tables[k], slots[i].offset))
            k++;
        if (strcmp(tables[k]->name, "ref") == 0)
            json_array_append_new(out, json_string(slots[i].name));
    }
    return out;
}

static json_t *back_ends(void)
{
    const levin_kernels *const *tables = levin__kernel_tables();
    json_t *out = json_array();
    for (int i = 0; i < LEVIN_MAX_TABLES; i++)
        if (strcmp(tables[i]->name, "none") != 0)
            json_array_append_new(out, json_string(tables[i]->name));
    return out;
}

/* What the machine could do, whatever LEVIN_CPU allows. */
static json_t *instruction_sets(void)
{
    json_t *out = json_array();
#define SET(name)                                                                                  \
    if (__builtin_cpu_supports(name))                                                              \
    json_array_append_new(out, json_string(name))
    SET("avx2");
    SET("fma");
    SET("avx512f");
    SET("avx512bw");
    SET("avx512vl");
    SET("avx512vnni");
    SET("avx512bf16");
#undef SET
    return out;
}

static bool uses_onednn(void)
{
    const levin_kernels *const *tables = levin__kernel_tables();
    for (int i = 0; i < LEVIN_MAX_TABLES; i++)
        if (strcmp(tables[i]->name, "dnnl") == 0)
            return true;
    return false;
}

static json_t *describe_program(void)
{
    json_t *out = json_object();
    json_object_set_new(out, "version", json_string(levin_version()));
    json_object_set_new(out, "backend", json_string(levin__back_end_name()));
    json_object_set_new(out, "backends", back_ends());
    json_object_set_new(out, "instruction_sets", instruction_sets());
    json_object_set_new(out, "threads", json_integer(levin_num_threads()));
    json_object_set_new(out, "onednn", json_boolean(uses_onednn()));
    return out;
}

static void print_value(const json_t *value)
{
    size_t i;
    json_t *part;
    if (json_is_string(value))
        fputs(json_string_value(value), stdout);
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "yes" : "no", stdout);
    else if (json_is_integer(value))
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_array_size(value) == 0)
        fputs("none", stdout);
    json_array_foreach((json_t *)value, i, part) // the macros of jansson know no const
    {
        fputs(i ? ", " : "", stdout);
        print_value(part);
    }
}

static void print_lines(const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        printf("%-24s ", name);
        print_value(value);
        putchar('\n');
    }
}

static int run(const levin_command *c, const cli_args *a)
{
    (void)c;
    json_t *out = a->model.name ? cli_folder_describe(a->model.name) : describe_program();
    if (!out)
        return CLI_FAILED;
    if (a->fallbacks)
        json_object_set_new(out, "fallbacks", fallbacks());
    if (a->json) {
        json_dumpf(out, stdout, 0);
        putchar('\n');
    } else {
        print_lines(out);
    }
    json_decref(out);
    return CLI_DONE;
}

static const cli_group *const groups[] = { &cli_info_group, &cli_json_group, NULL };

const levin_command cli_cmd_info = {
    .name = "info",
    .help = "version, back end, instruction sets, threads; or what a model folder holds",
    .usage = "[--model.name DIR] [--fallbacks] [--json]",
    .about = "Without a model: what this levin is and what it runs on. With one: what the folder "
             "holds. "
             "LEVIN_BACKEND=ref|cpu|dnnl and "
             "LEVIN_CPU=amx|avx512_bf16|avx512_vnni|avx512|avx2|generic choose the "
             "back end, LEVIN_NUM_THREADS the number of threads.",
    .groups = groups,
    .run = run,
};
