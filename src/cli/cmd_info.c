/* cmd_info.c: what this levin is and runs on, or what a model folder, a checkpoint or a file of
 * weights holds. Each is made as a JSON object first; without --json it is printed as lines of name
 * and value. */
#include "base/error.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/file_info.h"
#include "cli/folder.h"
#include "cli/output.h"
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

static void print_json(const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
    if (text)
        cli_print_text(stdout, text, strlen(text));
    free(text);
}

static void print_value(const json_t *value)
{
    size_t i;
    json_t *part;
    if (json_is_string(value))
        cli_print_text(stdout, json_string_value(value), json_string_length(value));
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "yes" : "no", stdout);
    else if (!json_is_array(value))
        print_json(value);
    else if (json_array_size(value) == 0)
        fputs("none", stdout);
    json_array_foreach((json_t *)value, i, part) // the macros of jansson know no const
    {
        fputs(i ? ", " : "", stdout);
        print_value(part);
    }
}

static void print_line(const char *indent, const char *name, const json_t *value)
{
    fputs(indent, stdout);
    cli_print_text(stdout, name, strlen(name));
    printf("%*s", (int)(strlen(name) < 24 ? 25 - strlen(name) : 1), "");
    print_value(value);
    putchar('\n');
}

static void print_lines(const json_t *object)
{
    const char *name, *inner;
    json_t *value, *member;
    json_object_foreach((json_t *)object, name, value)
    {
        if (strcmp(name, "tensors") == 0)
            continue;
        if (json_is_object(value))
            puts(name);
        else
            print_line("", name, value);
        json_object_foreach(value, inner, member) print_line("  ", inner, member);
    }
}

static json_t *describe(const char *path)
{
    if (!path)
        return describe_program();
    return levin__is_file(path) ? cli_file_describe(path) : cli_folder_describe(path);
}

static int run(const levin_command *c, const cli_args *a)
{
    (void)c;
    if (a->words[0] && a->model.name) {
        levin__error_set(LEVIN_EINVAL, "%s and --model.name: only one of them", a->words[0]);
        return CLI_USAGE;
    }
    json_t *out = describe(a->words[0] ? a->words[0] : a->model.name);
    if (!out)
        return CLI_FAILED;
    if (a->fallbacks)
        json_object_set_new(out, "fallbacks", fallbacks());
    if (a->json) {
        json_dumpf(out, stdout, 0);
        putchar('\n');
    } else {
        print_lines(out);
        cli_file_print_tensors(out);
    }
    json_decref(out);
    return CLI_DONE;
}

static const cli_group *const groups[] = { &cli_info_group, &cli_json_group, NULL };

const levin_command cli_cmd_info = {
    .name = "info",
    .help = "version, back end, threads; or what a model folder, checkpoint or weights hold",
    .usage = "[PATH | --model.name DIR] [--fallbacks] [--json]",
    .about = "Without a PATH: what this levin is and what it runs on. With one: what the model "
             "folder, the checkpoint (levin's or Lightning's) or the file of weights holds; "
             "nothing in it is run. "
             "LEVIN_BACKEND=ref|cpu|dnnl and "
             "LEVIN_CPU=amx|avx512_bf16|avx512_vnni|avx512|avx2|generic choose the "
             "back end, LEVIN_NUM_THREADS the number of threads.",
    .groups = groups,
    .n_words = 1,
    .run = run,
};
