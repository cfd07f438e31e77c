/* state.c: see state.h. */
#include "cli/convert/state.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    const cli_state_entry *x = a, *y = b;
    return strcmp(x->st.name, y->st.name);
}

static bool check_names(const cli_state *out, const cli_source *s)
{
    char shown[80];
    for (size_t i = 1; i < out->n; i++) {
        const char *name = out->at[i].st.name;
        if (strcmp(out->at[i - 1].st.name, name) == 0) {
            levin__error_set(LEVIN_EINVAL,
                             "%s: two tensors would be called %s; --model.prefix says which "
                             "belongs to the model",
                             s->path, levin__printable(shown, name, strlen(name)));
            return false;
        }
    }
    return true;
}

bool cli_state_take(cli_state *out, const cli_source *s, const cli_root *root)
{
    *out = (cli_state){ .at = levin__calloc(s->n + 1, sizeof *out->at) };
    for (size_t i = 0; out->at && i < s->n; i++) {
        const levin_st_tensor *t = s->tensors[i].at;
        char *name;
        cli_part part = cli_root_rename(root, s->tensors[i].name, &name);
        if (!name)
            break;
        out->at[out->n++] = (cli_state_entry){
            .st = { .name = name,
                    .dtype = t->dtype,
                    .ndim = t->ndim,
                    .shape = t->shape,
                    .data = t->data },
            .part = part,
            .left_out = part == CLI_PART_BUFFER,
        };
    }
    if (!levin_error() && out->n)
        qsort(out->at, out->n, sizeof *out->at, by_name);
    if (!levin_error() && check_names(out, s))
        return true;
    cli_state_free(out);
    return false;
}

void cli_state_free(cli_state *s)
{
    for (size_t i = 0; i < s->n; i++)
        levin__free((char *)s->at[i].st.name);
    levin__free(s->at);
    *s = (cli_state){ 0 };
}

cli_state_entry *cli_state_find(const cli_state *s, const char *name)
{
    cli_state_entry wanted = { .st = { .name = name } };
    return s->n ? bsearch(&wanted, s->at, s->n, sizeof *s->at, by_name) : NULL;
}

bool cli_state_has(const cli_state *s, const char *beginning)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->at[i].left_out && strncmp(s->at[i].st.name, beginning, strlen(beginning)) == 0)
            return true;
    return false;
}

levin_st_entry *cli_state_entries(const cli_state *s, const char *prefix, int64_t *n)
{
    levin_st_entry *entries = levin__calloc(s->n + 1, sizeof *entries);
    *n = 0;
    for (size_t i = 0; entries && i < s->n; i++) {
        if (s->at[i].left_out)
            continue;
        levin_st_entry *e = &entries[*n];
        *e = s->at[i].st;
        e->name = levin__format("%s%s", prefix, s->at[i].st.name);
        if (!e->name) {
            cli_entries_free(entries, *n);
            return NULL;
        }
        ++*n;
    }
    return entries;
}

void cli_entries_free(levin_st_entry *entries, int64_t n)
{
    for (int64_t i = 0; entries && i < n; i++)
        levin__free((char *)entries[i].name);
    levin__free(entries);
}

void cli_add_shape(levin_buffer *out, int64_t ndim, const uint64_t *shape)
{
    levin__buffer_add_char(out, '(');
    for (int64_t i = 0; i < ndim; i++)
        levin__buffer_addf(out, "%s%llu", i ? ", " : "", (unsigned long long)shape[i]);
    levin__buffer_add_char(out, ')');
}
