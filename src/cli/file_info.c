/* file_info.c: see file_info.h. */
#include "cli/file_info.h"

#include "cli/output.h"
#include "cli/source.h"

#include <string.h>

static json_t *shape_of(const levin_st_tensor *t)
{
    json_t *shape = json_array();
    for (int64_t d = 0; d < t->ndim; d++)
        json_array_append_new(shape, json_integer((json_int_t)t->shape[d]));
    return shape;
}

static void describe_tensors(json_t *out, const cli_source *s)
{
    json_t *list = json_array();
    uint64_t parameters = 0, bytes = 0;
    const char *dtype = "";
    for (size_t i = 0; i < s->n; i++) {
        const levin_st_tensor *t = s->tensors[i].at;
        const char *name = levin_st_dtype_name(t->dtype);
        dtype = !*dtype || strcmp(dtype, name) == 0 ? name : "mixed";
        parameters += t->numel;
        bytes += t->bytes;
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", s->tensors[i].name,
                                              "dtype", name, "shape", shape_of(t)));
    }
    json_object_set_new(out, "parameters", json_integer((json_int_t)parameters));
    json_object_set_new(out, "bytes", json_integer((json_int_t)bytes));
    json_object_set_new(out, "dtype", json_string(dtype));
    json_object_set_new(out, "tensors", list);
}

json_t *cli_file_describe(const char *path)
{
    cli_source s;
    if (!cli_source_open(&s, path, false))
        return NULL;
    json_t *out = json_object();
    json_object_set_new(out, "file", json_string(path));
    json_object_set_new(out, "kind", json_string(cli_source_kind(&s)));
    json_object_update(out, s.facts);
    describe_tensors(out, &s);
    cli_source_close(&s);
    return out;
}

void cli_file_print_tensors(const json_t *description)
{
    size_t i, d;
    json_t *tensor, *size;
    json_array_foreach(json_object_get(description, "tensors"), i, tensor)
    {
        const json_t *name = json_object_get(tensor, "name");
        fputs("  ", stdout);
        cli_print_text(stdout, json_string_value(name), json_string_length(name));
        printf("  %s (", json_string_value(json_object_get(tensor, "dtype")));
        json_array_foreach(json_object_get(tensor, "shape"), d, size)
            printf("%s%" JSON_INTEGER_FORMAT, d ? ", " : "", json_integer_value(size));
        puts(")");
    }
}
