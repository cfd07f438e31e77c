/* model_summary.c: shows the table of summary.c when a fit starts. */
#include "base/error.h"
#include "base/options.h"
#include "trainer/callbacks/builtin.h"
#include "trainer/classes.h"
#include "trainer/summary.h"
#include "trainer/trainer.h"

enum { LONGEST_SUMMARY = 1 << 20 };

typedef struct {
    levin_callback base;
    int64_t max_depth; // -1: all
} model_summary;

static void on_fit_start(levin_callback *c, levin_trainer *t, levin_module *m)
{
    levin_buffer text = LEVIN_BUFFER(LONGEST_SUMMARY);
    int64_t depth = ((model_summary *)c)->max_depth;
    if (t->out.stream && depth != 0 && levin__summary(&text, m, depth))
        levin__output_text(&t->out, text.data);
    levin__buffer_free(&text);
}

static const levin_callback_class model_summary_class = {
    .name = "ModelSummary",
    .size = sizeof(model_summary),
    .on_fit_start = on_fit_start,
};

levin_callback *levin_model_summary(const levin_model_summary_opts *opts)
{
    int64_t depth = opts ? levin__number_or(opts->max_depth, 1) : 1;
    if (depth < -1)
        levin__error_set(LEVIN_EINVAL, "ModelSummary: max_depth %lld; -1 is all", (long long)depth);
    model_summary *c =
        levin_error() ? NULL : (model_summary *)levin_callback_new(&model_summary_class);
    if (c)
        c->max_depth = depth;
    return (levin_callback *)c;
}

bool levin__is_model_summary(const levin_callback *c)
{
    return c && c->type == &model_summary_class;
}

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT(levin_model_summary_opts, max_depth, "1",
                   "depth of the parts that it shows; -1 all, 0 nothing"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_model_summary(options); }

const levin_class levin__class_model_summary = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "ModelSummary",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.ModelSummary",
                                    "lightning.pytorch.callbacks.RichModelSummary", NULL },
    .help = "shows parameters and modes of the parts of the model",
    .size = sizeof(levin_model_summary_opts),
    .arguments = arguments,
    .make.callback = make,
};
