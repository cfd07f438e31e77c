/* prediction_writer.c: Lightning's BasePredictionWriter: predictions to a function of the user's,
 * one by one, all at the end, or both. It is made by programs alone. */
#include "trainer/callbacks/prediction_writer.h"

#include "base/error.h"

typedef struct {
    levin_callback base;
    levin_prediction_writer_opts opts;
} prediction_writer;

static bool writes_batches(const prediction_writer *c)
{
    return c->opts.write_interval != LEVIN_WRITE_EPOCH;
}

static bool writes_epoch(const prediction_writer *c)
{
    return c->opts.write_interval != LEVIN_WRITE_BATCH;
}

static void report(int result)
{
    levin__error_returned(result, "BasePredictionWriter: the predictions could not be written");
}

static void on_predict_batch_end(levin_callback *base, levin_trainer *t, levin_module *m,
                                 const levin_batch *b)
{
    const prediction_writer *c = (prediction_writer *)base;
    if (writes_batches(c))
        report(c->opts.write_on_batch_end(c->opts.payload, t, m, t->prediction, b));
}

static void on_predict_epoch_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    const prediction_writer *c = (prediction_writer *)base;
    if (writes_epoch(c))
        report(c->opts.write_on_epoch_end(c->opts.payload, t, m));
}

static const levin_callback_class prediction_writer_class = {
    .name = "BasePredictionWriter",
    .size = sizeof(prediction_writer),
    .on_predict_batch_end = on_predict_batch_end,
    .on_predict_epoch_end = on_predict_epoch_end,
};

levin_callback *levin_prediction_writer(const levin_prediction_writer_opts *o)
{
    if (levin_error())
        return NULL;
    const prediction_writer draft = { .opts = o ? *o : (levin_prediction_writer_opts){ 0 } };
    if (!o || o->write_interval > LEVIN_WRITE_BATCH_AND_EPOCH ||
        (writes_batches(&draft) && !o->write_on_batch_end) ||
        (writes_epoch(&draft) && !o->write_on_epoch_end)) {
        levin__error_set(LEVIN_EINVAL, "BasePredictionWriter: write_interval batch needs "
                                       "write_on_batch_end, epoch needs write_on_epoch_end");
        return NULL;
    }
    prediction_writer *c = (prediction_writer *)levin_callback_new(&prediction_writer_class);
    if (c)
        c->opts = *o;
    return (levin_callback *)c;
}

bool levin__is_prediction_writer(const levin_callback *c)
{
    return c && c->type == &prediction_writer_class;
}

bool levin__writes_all_predictions(const levin_trainer *t)
{
    for (int i = 0; i < t->n_callbacks; i++)
        if (levin__is_prediction_writer(t->callbacks[i]) &&
            writes_epoch((const prediction_writer *)t->callbacks[i]))
            return true;
    return false;
}
