/* case_data.c: see case_data.h. */
#include "support/case_data.h"

/* Rows until the end comes, whose number nobody is told. */
typedef struct {
    levin_dataset base;
    int64_t n;
    float row;
} stream;

static int64_t stream_len(const levin_dataset *d)
{
    (void)d;
    return -1;
}

static int stream_get(const levin_dataset *d, int64_t i, levin_example *out)
{
    stream *s = (stream *)d;
    if (i >= s->n)
        return 1;
    s->row = (float)i;
    out->features = &s->row;
    out->n_features = 1;
    return LEVIN_OK;
}

static const levin_dataset_class stream_class = { LEVIN_DATASET(stream), .len = stream_len,
                                                  .get = stream_get };

static levin_dataset *new_stream(int64_t n)
{
    levin_dataset *d = levin_dataset_new(&stream_class);
    ((stream *)d)->n = n;
    return d;
}

levin_dataloader *case_loader(int64_t n, const levin_dataloader_opts *opts)
{
    enum { MOST = 256 };
    float rows[MOST];
    for (int64_t i = 0; i < n && i < MOST; i++)
        rows[i] = (float)i;
    return levin_dataloader_new(levin_dataset_from_numbers(rows, n, 1, NULL), opts);
}

static levin_dataloader *loader(const json_t *c, int64_t n, bool is_stream, bool shuffles)
{
    levin_dataloader_opts opts = {
        .batch_size = json_integer_value(json_object_get(c, "batch_size")),
        .shuffle = shuffles ? LEVIN_ON : LEVIN_OFF,
        .drop_last = json_is_true(json_object_get(c, "drop_last")) ? LEVIN_ON : LEVIN_OFF,
    };
    return is_stream ? levin_dataloader_new(new_stream(n), &opts) : case_loader(n, &opts);
}

levin_dataloader *case_train_loader(const json_t *c)
{
    const json_t *n = json_object_get(c, "n_train");
    if (!json_is_integer(n))
        return NULL;
    return loader(c, json_integer_value(n), json_is_true(json_object_get(c, "iterable_train")),
                  json_is_true(json_object_get(c, "shuffle")));
}

void case_eval_loaders(const json_t *c, levin_dataloader *list[CASE_MAX_LOADERS + 1])
{
    int64_t n = json_integer_value(json_object_get(c, "n_val"));
    size_t i;
    json_t *extra;
    int k = 0;
    if (n > 0)
        list[k++] = loader(c, n, json_is_true(json_object_get(c, "iterable_val")), false);
    json_array_foreach(json_object_get(c, "n_val_extra"), i, extra) if (k < CASE_MAX_LOADERS)
        list[k++] = loader(c, json_integer_value(extra), false, false);
    list[k] = NULL;
}

typedef struct {
    levin_datamodule base;
    const json_t *c;
    json_t *calls;
} data;

static void note(levin_datamodule *d, const char *call)
{
    json_array_append_new(((data *)d)->calls, json_string(call));
}

static void prepare_data(levin_datamodule *d) { note(d, "prepare_data"); }

static void setup(levin_datamodule *d, const char *stage)
{
    json_array_append_new(((data *)d)->calls, json_sprintf("setup:%s", stage));
}

static void teardown(levin_datamodule *d, const char *stage)
{
    json_array_append_new(((data *)d)->calls, json_sprintf("teardown:%s", stage));
}

static levin_dataloader *train_dataloader(levin_datamodule *d)
{
    note(d, "train_dataloader");
    return case_train_loader(((data *)d)->c);
}

static levin_dataloader *val_dataloader(levin_datamodule *d)
{
    levin_dataloader *list[CASE_MAX_LOADERS + 1];
    note(d, "val_dataloader");
    case_eval_loaders(((data *)d)->c, list);
    for (int i = 1; list[0] && list[i]; i++)
        list[0] = levin_dataloader_and(list[0], list[i]);
    return list[0];
}

static const levin_datamodule_class data_class = {
    LEVIN_DATAMODULE(data), .prepare_data = prepare_data,         .setup = setup,
    .teardown = teardown,   .train_dataloader = train_dataloader, .val_dataloader = val_dataloader,
};

levin_datamodule *case_datamodule_new(const json_t *c, json_t *calls)
{
    data *d = (data *)levin_datamodule_new(&data_class);
    d->c = c;
    d->calls = calls;
    return &d->base;
}
