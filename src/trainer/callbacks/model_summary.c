/* model_summary.c: shows the table of summary.c when a fit starts. */
#include "trainer/callbacks/builtin.h"

#include "trainer/classes.h"
#include "trainer/summary.h"
#include "trainer/trainer.h"

enum { LONGEST_SUMMARY = 1 << 20 };

static void on_fit_start(levin_callback *c, levin_trainer *t, levin_module *m)
{
    levin_buffer text = LEVIN_BUFFER(LONGEST_SUMMARY);
    (void)c;
    if (t->out.stream && levin__summary(&text, m))
        levin__output_text(&t->out, text.data);
    levin__buffer_free(&text);
}

typedef struct {
    levin_callback base;
} model_summary;

static const levin_callback_class model_summary_class = {
    LEVIN_CALLBACK(model_summary),
    .on_fit_start = on_fit_start,
};

levin_callback *levin__model_summary(void) { return levin_callback_new(&model_summary_class); }

static levin_callback *make(const void *options)
{
    (void)options;
    return levin__model_summary();
}

const levin_class levin__class_model_summary = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "ModelSummary",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.ModelSummary",
                                    "lightning.pytorch.callbacks.RichModelSummary", NULL },
    .help = "a table of the model's parts, as the flag enable_model_summary",
    .fixed = (const char *const[][2]){ { "max_depth", "1" }, { NULL } },
    .make.callback = make,
};
