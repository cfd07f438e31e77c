/* case_outcome.c: see case_outcome.h. */
#include "support/case_outcome.h"

#include "base/json.h"
#include "base/memory.h"
#include "formats/checkpoint.h"
#include "support/boring.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "last.ckpt", or "last.ckpt -> epoch=1-step=20.ckpt" of a link. */
static json_t *described(const char *path, const char *name)
{
    char target[256];
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0)
        return json_string(name);
    target[n] = '\0';
    return json_sprintf("%s -> %s", name, target);
}

static int by_text(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    return strcmp(json_string_value(*x), json_string_value(*y));
}

static void find_files(const char *dir, const char *prefix, json_t *list)
{
    DIR *folder = opendir(dir);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        struct stat info;
        if (e->d_name[0] == '.')
            continue;
        char *path = levin__format("%s/%s", dir, e->d_name);
        char *name = levin__format("%s%s", prefix, e->d_name);
        size_t n = strlen(name);
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
            char *below = levin__format("%s/", name);
            find_files(path, below, list);
            levin__free(below);
        } else if (n > 5 && strcmp(name + n - 5, ".ckpt") == 0) {
            json_array_append_new(list, described(path, name));
        }
        levin__free(path);
        levin__free(name);
    }
    if (folder)
        closedir(folder);
}

json_t *case_checkpoint_files(const char *root)
{
    json_t *found = json_array(), *sorted = json_array();
    find_files(root, "", found);
    size_t n = json_array_size(found);
    json_t **at = levin__calloc(n + 1, sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[i] = json_array_get(found, i);
    qsort(at, n, sizeof *at, by_text);
    for (size_t i = 0; i < n; i++)
        json_array_append(sorted, at[i]);
    levin__free(at);
    json_decref(found);
    return sorted;
}

/* Lightning's counters, from our moment. */
static json_t *contents(const char *path)
{
    levin_checkpoint *c = levin__checkpoint_open(path);
    const json_t *header = levin__checkpoint_header(c), *at = json_object_get(header, "loops");
    const char *moment = json_string_value(json_object_get(at, "moment"));
    json_int_t epoch = json_integer_value(json_object_get(at, "epoch"));
    json_int_t batch = json_integer_value(json_object_get(at, "batch"));
    bool in_batch = moment && strcmp(moment, "batch_end") == 0;
    json_t *o = json_pack(
        "{s:O, s:O, s:I, s:I, s:I, s:I, s:b}", "epoch", json_object_get(header, "epoch"),
        "global_step", json_object_get(header, "global_step"), "epochs_processed",
        epoch + !in_batch, "epochs_completed", epoch, "batches_ready", batch, "batches_completed",
        batch - in_batch, "weights_only", !json_object_get(header, "optimizer"));
    levin__checkpoint_free(c);
    return o;
}

json_t *case_contents(const char *root, const json_t *files)
{
    json_t *o = json_object(), *file;
    size_t i;
    json_array_foreach((json_t *)files, i, file)
    {
        if (strstr(json_string_value(file), " -> "))
            continue;
        char *path = levin__format("%s/%s", root, json_string_value(file));
        json_object_set_new(o, json_string_value(file), contents(path));
        levin__free(path);
    }
    return o;
}

json_t *case_metrics_csv(const char *root)
{
    char *path = levin__format("%s/lightning_logs/version_0/metrics.csv", root);
    char *text = slurp(path), *save = NULL;
    json_t *rows = text ? json_array() : json_null();
    for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save)) {
        json_t *row = json_array();
        for (char *end = line; end; line = end + 1) {
            end = strchr(line, ',');
            json_array_append_new(row, end ? json_stringn(line, (size_t)(end - line))
                                           : json_string(line));
        }
        json_array_append_new(rows, row);
    }
    levin__free(text);
    levin__free(path);
    return rows;
}
